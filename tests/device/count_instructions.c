/* A plugin of QEMU that counts the instructions a guest executes between marks: a write(2) of the guest to
 * descriptor 777, which fails there harmlessly, prints the count since the last one. With one thread a count
 * repeats exactly. Plugin interface 1 (QEMU 6 to 8); the few declarations that are needed are written out. */
#include <inttypes.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { MARK = 777, WRITE = 64 /* of ARM64 */, ADD = 0 };

typedef uint64_t Id;
struct qemu_plugin_tb;
typedef void (*OnBlock)(Id, struct qemu_plugin_tb *);
typedef void (*OnCall)(Id, unsigned, int64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t);
void qemu_plugin_register_vcpu_tb_trans_cb(Id, OnBlock);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *);
void qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb *, int, void *, uint64_t);
void qemu_plugin_register_vcpu_syscall_cb(Id, OnCall);

__attribute__((visibility("default"))) int qemu_plugin_version = 1;
static uint64_t count, last;

static void on_block(Id id, struct qemu_plugin_tb *block) {
    (void)id;
    qemu_plugin_register_vcpu_tb_exec_inline(block, ADD, &count, qemu_plugin_tb_n_insns(block));
}

static void on_call(Id id, unsigned cpu, int64_t number, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e, uint64_t f,
                    uint64_t g, uint64_t h) {
    (void)id, (void)cpu, (void)b, (void)c, (void)d, (void)e, (void)f, (void)g, (void)h;
    if (number != WRITE || a != MARK) return;
    fprintf(stderr, "instructions %" PRIu64 "\n", count - last);
    last = count;
}

__attribute__((visibility("default"))) int qemu_plugin_install(Id id, const void *info, int count_of, char **words) {
    (void)info, (void)count_of, (void)words;
    qemu_plugin_register_vcpu_tb_trans_cb(id, on_block);
    qemu_plugin_register_vcpu_syscall_cb(id, on_call);
    return 0;
}
