/* What the pages of a remote pager hold, so that every byte can be checked. */
#ifndef FERRY_PAGES_H
#define FERRY_PAGES_H

/* Fills pages; each word of each page is different from all others. */
void fill_pages(char *memory, long pages);

/* Ends the program with 1 unless every byte is as filled in, but for the first of each page, which is
 * what was stored there. */
void check_pages(const char *memory, long pages, char stored);

#endif
