/* Vector table and start-up of a Cortex-M4F for newlib with semihosting. */
#include <stdint.h>
#include <stdlib.h>

extern uint32_t data_start[], data_end[], data_load[], bss_start[], bss_end[], stack_top[];
extern void initialise_monitor_handles(void);
extern int main(void);

void reset(void);

static void fault(void) { _Exit(EXIT_FAILURE); }

__attribute__((section(".vectors"), used)) static const void *const vectors[16] = {
    stack_top, (void *)reset, (void *)fault, (void *)fault,
    (void *)fault, (void *)fault, (void *)fault,
};

void reset(void) {
    volatile uint32_t *const cpacr = (uint32_t *)0xe000ed88u;
    *cpacr |= 0xfu << 20; /* full access to the FPU */
    __asm volatile("dsb\n isb");
    for (uint32_t *to = data_start, *from = data_load; to < data_end;) *to++ = *from++;
    for (uint32_t *to = bss_start; to < bss_end;) *to++ = 0;
    initialise_monitor_handles();
    exit(main());
}
