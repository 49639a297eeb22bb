import {useSyncExternalStore} from 'react';
import {type Console} from './console.js';
import {type Picture} from './picture.js';

/** The one subscription of the screen: the same object until something changed, so an unchanged frame costs nothing. */
export const usePicture = (console: Console): Picture => useSyncExternalStore(console.subscribe, console.picture);
