/** The rejections of promises that nobody handled while f ran, or right afterwards. */
export async function unhandledIn(f: () => void): Promise<readonly unknown[]> {
  const unhandled: unknown[] = [];
  const hear = (error: unknown) => unhandled.push(error);
  const others = process.listeners('unhandledRejection');
  process.removeAllListeners('unhandledRejection').on('unhandledRejection', hear);
  try {
    f();
    await new Promise((resolve) => setTimeout(resolve));
  } finally {
    process.removeAllListeners('unhandledRejection');
    for (const other of others) process.on('unhandledRejection', other);
  }
  return unhandled;
}
