import { type Door } from '../../door.js';
import { ofArrays } from './arrays.js';
import { dictionaries } from './dictionaries.js';
import { keras } from './keras.js';
import { layersModels } from './layers-models.js';
import { ofModels } from './models.js';

/** The doors of all readers of files of arrays and models. */
export const io: readonly Door[] = [...ofArrays, ...ofModels, dictionaries, layersModels, keras];
