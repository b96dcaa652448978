/** The current value of a custom property of page.css, which depends on light or dark mode, screen or paper. */
export const themed = (variable: string): string =>
  getComputedStyle(document.documentElement).getPropertyValue(variable).trim();

/** Calls `changed` after each change of the colors. */
export function onThemeChange(changed: () => void): void {
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', changed);
}

/** Calls `changed` before a page is printed, when it already has its printed width, and after. */
export function onPrint(changed: () => void): void {
  const root = document.documentElement;
  const tables = (): HTMLElement[] => [...document.querySelectorAll<HTMLElement>('.wide table')];
  addEventListener('beforeprint', () => {
    root.dataset['printed'] = '';
    // Paper does not scroll: make a wide table smaller.
    for (const table of tables()) {
      const { clientWidth, scrollWidth } = table.parentElement!;
      if (scrollWidth > clientWidth) table.style.zoom = String(clientWidth / scrollWidth);
    }
    changed();
  });
  addEventListener('afterprint', () => {
    delete root.dataset['printed'];
    for (const table of tables()) table.style.zoom = '';
    changed();
  });
}
