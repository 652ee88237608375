/* Anonymous memory in small pages. */
#ifndef FERRY_MEMORY_H
#define FERRY_MEMORY_H

#include <stddef.h>

#define PAGE 4096ul

/* Untouched memory without transparent huge pages, so that every 4 KiB page costs its own fault. */
char *map_memory(size_t bytes);
void unmap_memory(char *memory, size_t bytes);

/* Touches as much memory and gives it back, so that the kernel has that many recently used pages to
 * hand out. In a virtual machine, a page that the host has taken back costs several times as much. */
void warm_memory(size_t bytes);

#endif
