#pragma once

// Where a benchmark reads or writes, one place after another: shared by the programs under Linux
// and under Lodger, so that both do the same. C, and C++.

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

struct accesses {
    bool is_write;
    uint64_t size;   ///< of one request, in bytes
    uint64_t blocks; ///< of that size that the disk has, rounded down to a power of two
    uint64_t step;   ///< in blocks; odd, so that every block has its turn
    uint64_t at;
};

/// @param kind read and write advance by more than one block, so that no two are neighbours that
/// could be merged; randread and randwrite jump
static inline bool
accesses_start(struct accesses* self, char const* kind, uint64_t disk_size, uint64_t size)
{
    bool const jumps = strncmp(kind, "rand", 4) == 0;
    char const* const what = jumps ? kind + 4 : kind;
    self->is_write = strcmp(what, "write") == 0;
    self->size = size;
    self->blocks = 1;
    while (self->blocks * 2 * size <= disk_size)
        self->blocks *= 2;
    self->step = jumps ? (uint64_t)0x9e3779b97f4a7c15 : 3;
    self->at = 0;
    return self->is_write || strcmp(what, "read") == 0;
}

/// The next place, in bytes from the start of the disk.
static inline uint64_t accesses_next(struct accesses* self)
{
    uint64_t const block = self->at & (self->blocks - 1);
    self->at += self->step;
    return block * self->size;
}
