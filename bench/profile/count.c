/* Counts how often QEMU runs each block of instructions, in a file that others read meanwhile: a
 * plugin, -plugin count.so,counters=FILE. The file is a count of entries and then the entries.
 * Declared here is what it needs of QEMU's interface, version 1 (include/qemu/qemu-plugin.h). */

#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

typedef uint64_t plugin_id;
struct qemu_plugin_tb;
struct qemu_info;
enum { ADD_U64 };

void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id, void (*)(plugin_id, struct qemu_plugin_tb *));
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *);
uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *);
void qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb *, int, void *, uint64_t);

EXPORT int qemu_plugin_version = 1;

struct block {
    uint64_t address, instructions, executions;
};

static struct counters {
    uint64_t used;
    struct block blocks[1 << 21];
} *counters;

/* A block is translated again when QEMU has thrown it away, and then has another entry. */
static void on_translated(plugin_id id, struct qemu_plugin_tb *tb)
{
    (void)id;
    if (counters->used == sizeof counters->blocks / sizeof *counters->blocks)
        return;
    struct block *const block = &counters->blocks[counters->used++];
    block->address = qemu_plugin_tb_vaddr(tb);
    block->instructions = qemu_plugin_tb_n_insns(tb);
    qemu_plugin_register_vcpu_tb_exec_inline(tb, ADD_U64, &block->executions, 1);
}

EXPORT int qemu_plugin_install(plugin_id id, const struct qemu_info *info, int argc, char **argv)
{
    static const char name[] = "counters=";
    (void)info;
    if (argc != 1 || strncmp(argv[0], name, strlen(name)) != 0)
        return -1;
    int const file = open(argv[0] + strlen(name), O_RDWR | O_CREAT | O_TRUNC, 0600);
    if (file < 0 || ftruncate(file, sizeof *counters) != 0)
        return -1;
    counters = mmap(NULL, sizeof *counters, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    if (counters == MAP_FAILED)
        return -1;
    qemu_plugin_register_vcpu_tb_trans_cb(id, on_translated);
    return 0;
}
