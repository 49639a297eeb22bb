/* The launcher of the thread that captures, in the bundle: what V8 compiles is kept for each thread. */
import {keepCompiled} from './compile-cache.js';

keepCompiled();
await import('../engine/worker.js');
