import type { Drawings } from '../report/figure.js';
import { chart } from './chart.js';
import { legend } from './legend.js';
import { onPrint, onThemeChange } from './theme.js';

// The script of the report, which runs in a browser, from disk: draws the figures that the page holds as JSON.
const drawings = JSON.parse(document.getElementById('drawings')!.textContent) as Drawings;
const charts = drawings.figures.map((figure) => chart(figure, drawings));

legend(drawings, charts);
const fitAll = () => charts.forEach((each) => each.fit());
onThemeChange(fitAll);
onPrint(fitAll);
document.documentElement.dataset['drawn'] = String(charts.length);
