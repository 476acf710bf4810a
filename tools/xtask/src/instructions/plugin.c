/* Counts the instructions that QEMU emulates, and writes their number to standard error at the end. A program that asks
 * for its parent marks a place: how many there were since the mark before goes to standard output.
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
void qemu_plugin_register_vcpu_syscall_cb(plugin_id id, void (*call)(plugin_id id, unsigned int cpu, int64_t number, uint64_t a,
                                                                     uint64_t b, uint64_t c, uint64_t d, uint64_t e, uint64_t f,
                                                                     uint64_t g, uint64_t h));
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *block);

/* Number of the system call `getppid` on AArch64. */
#define GETPPID 173

static uint64_t executed;
static uint64_t at_mark;

static void execute(unsigned int cpu, void *count) {
    (void)cpu;
    executed += (uintptr_t)count;
}

static void translate(plugin_id id, struct qemu_plugin_tb *block) {
    (void)id;
    qemu_plugin_register_vcpu_tb_exec_cb(block, execute, 0, (void *)qemu_plugin_tb_n_insns(block));
}

static void call(plugin_id id, unsigned int cpu, int64_t number, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e,
                 uint64_t f, uint64_t g, uint64_t h) {
    (void)id, (void)cpu, (void)a, (void)b, (void)c, (void)d, (void)e, (void)f, (void)g, (void)h;
    if (number == GETPPID) {
        printf("%" PRIu64 "\n", executed - at_mark);
        at_mark = executed;
    }
}

static void end(plugin_id id, void *data) {
    (void)id;
    (void)data;
    fflush(stdout);
    fprintf(stderr, "%" PRIu64 "\n", executed);
}

int qemu_plugin_install(plugin_id id, const void *info, int argc, char **argv) {
    (void)info;
    (void)argc;
    (void)argv;
    qemu_plugin_register_vcpu_tb_trans_cb(id, translate);
    qemu_plugin_register_vcpu_syscall_cb(id, call);
    qemu_plugin_register_atexit_cb(id, end, NULL);
    return 0;
}
