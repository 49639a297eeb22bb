import {useSyncExternalStore} from 'react';
import {type Console} from './console.js';
import {type Frame} from './frame.js';

/** The one subscription of the screen, by which React hears of the engine and of keys: the same object until something changed, so an unchanged frame costs nothing. */
export const useMonitor = (console: Console): Frame => useSyncExternalStore(console.subscribe, console.frame);
