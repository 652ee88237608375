/* See dma.c. */
#define CONFIDENTIAL 1
#include "dma.c"
