/* Counts the instructions that QEMU emulates, and writes their number to standard error at the end.
 * Debian ships no header for plugins, so what is used of it is declared here. */
#include <inttypes.h>
#include <stdio.h>

typedef uint64_t plugin_id;
struct qemu_plugin_tb;

int qemu_plugin_version = PLUGIN_API;

void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id id, void (*translate)(plugin_id id, struct qemu_plugin_tb *block));
void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *block, void (*execute)(unsigned int cpu, void *count),
                                          int flags, void *count);
void qemu_plugin_register_atexit_cb(plugin_id id, void (*end)(plugin_id id, void *data), void *data);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *block);

static uint64_t executed;

static void execute(unsigned int cpu, void *count) {
    (void)cpu;
    executed += (uintptr_t)count;
}

static void translate(plugin_id id, struct qemu_plugin_tb *block) {
    (void)id;
    qemu_plugin_register_vcpu_tb_exec_cb(block, execute, 0, (void *)qemu_plugin_tb_n_insns(block));
}

static void end(plugin_id id, void *data) {
    (void)id;
    (void)data;
    fprintf(stderr, "%" PRIu64 "\n", executed);
}

int qemu_plugin_install(plugin_id id, const void *info, int argc, char **argv) {
    (void)info;
    (void)argc;
    (void)argv;
    qemu_plugin_register_vcpu_tb_trans_cb(id, translate);
    qemu_plugin_register_atexit_cb(id, end, NULL);
    return 0;
}
