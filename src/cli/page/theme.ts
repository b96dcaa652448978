/** The value of a custom property of page.css at this moment, be it light or dark, on the screen or on paper. */
export const themed = (variable: string): string =>
  getComputedStyle(document.documentElement).getPropertyValue(variable).trim();

/** Calls back whenever colors have changed. */
export function onThemeChange(changed: () => void): void {
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', changed);
}

/** Calls back before a page is printed, when it has its printed width already, and after. */
export function onPrint(changed: () => void): void {
  const root = document.documentElement;
  const tables = (): HTMLElement[] => [...document.querySelectorAll<HTMLElement>('.wide table')];
  addEventListener('beforeprint', () => {
    root.dataset['printed'] = '';
    // Paper does not scroll: what is wider gets smaller.
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
