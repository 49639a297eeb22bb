/* The launcher of the thread that captures, in the bundle: what V8 compiles is kept for each thread. */
const {keepCompiled} = await import('./compile-cache.js');
keepCompiled();
await import('../engine/worker.js');
