export { language } from './language/language.js';
export { ood } from './ood/ood.js';
export { vision } from './vision/vision.js';
