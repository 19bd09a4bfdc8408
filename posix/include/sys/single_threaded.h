#pragma once

/* Asked by libstdc++ before it counts references by atomic instructions. Threads are switched only
 * where they wait, so plain ones do, however many threads there are. */

#ifdef __cplusplus
static char const __libc_single_threaded = 1;
#endif
