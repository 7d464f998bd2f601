// The daemon's heap: jemalloc's, since what a message is made of is allocated on one thread and
// freed on another, which glibc's heaps pay for in time and in memory. See docs/adr/0007.
#include <jemalloc/jemalloc.h>

// Read by jemalloc before main. Two arenas, for the two sides; what is free goes back to the system
// within a second, also when nothing happens any more.
const char* malloc_conf = "narenas:2,dirty_decay_ms:1000,muzzy_decay_ms:0,background_thread:true";
