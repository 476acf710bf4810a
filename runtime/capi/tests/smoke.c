/* Runs a package through cadet.h and prints, line by line: sizes of the structures, requirements, input, output and
 * what the output holds; then the errors of some wrong calls. usage: smoke PACKAGE */
#include "cadet.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

static union {
    double align[128];
    unsigned char bytes[1024];
} package, arena;
static CadetSession session;

static void print_tensor(const char *name, const CadetTensor *tensor) {
    printf("%s dtype %u dims", name, (unsigned)tensor->dtype);
    for (uint32_t i = 0; i < tensor->rank; i++) printf(" %u", (unsigned)tensor->dims[i]);
    printf(" bytes %u scale %g zero %d\n", (unsigned)tensor->bytes, (double)tensor->scale, (int)tensor->zero_point);
}

static const char *name(uint16_t code) { return cadet_error_name(code); }

int main(int argc, char **argv) {
    FILE *file = argc == 2 ? fopen(argv[1], "rb") : NULL;
    if (!file) return 2;
    size_t start = (16 - (uintptr_t)package.bytes % 16) % 16;
    unsigned char *const bytes = package.bytes + start;
    const size_t length = fread(bytes, 1, sizeof package.bytes - 16, file);
    fclose(file);

    printf("sizes %zu %zu %zu %zu %zu\n", sizeof(CadetSession), sizeof(CadetRequirements), sizeof(CadetBuffer),
           sizeof(CadetMemory), sizeof(CadetTensor));

    CadetRequirements need;
    if (cadet_requirements(bytes, length, &need) != CADET_OK) return 3;
    printf("needs %u %u align %u programs %u\n", (unsigned)need.arena_bytes[0], (unsigned)need.state_bytes[0],
           (unsigned)need.alignment, (unsigned)need.programs);

    CadetMemory memory;
    memset(&memory, 0, sizeof memory);
    memory.arena[0].data = arena.bytes + (16 - (uintptr_t)arena.bytes % 16) % 16;
    memory.arena[0].bytes = need.arena_bytes[0] - 1;
    printf("small %s\n", name(cadet_init(&session, bytes, length, &memory)));
    memory.arena[0].bytes = need.arena_bytes[0];
    printf("short %s\n", name(cadet_init(&session, bytes, length - 1, &memory)));
    if (cadet_init(&session, bytes, length, &memory) != CADET_OK) return 4;

    CadetTensor input, output;
    if (cadet_input(&session, 0, 0, &input) != CADET_OK) return 5;
    if (cadet_output(&session, 0, 0, &output) != CADET_OK) return 6;
    print_tensor("input", &input);
    print_tensor("output", &output);
    for (uint32_t i = 0; i < input.bytes; i++) ((int8_t *)input.data)[i] = (int8_t)(17 * (int)i - 60);
    cadet_reset_state(&session);
    if (cadet_run(&session, 0) != CADET_OK) return 7;
    printf("run");
    for (uint32_t i = 0; i < output.bytes; i++) printf(" %d", ((const int8_t *)output.data)[i]);

    for (uint32_t i = 0; i < input.bytes; i++) ((int8_t *)input.data)[i] = (int8_t)(17 * (int)i - 60);
    for (uint32_t step = 0; step < cadet_step_count(&session, 0); step++)
        if (cadet_step(&session, 0, step) != CADET_OK) return 8;
    printf("\nstep");
    for (uint32_t i = 0; i < output.bytes; i++) printf(" %d", ((const int8_t *)output.data)[i]);

    printf("\nwrong %s %s %s %s %s\n", name(cadet_run(&session, 1)), name(cadet_step(&session, 0, 2)),
           name(cadet_input(&session, 0, 1, &input)), name(cadet_output(&session, 9, 0, &output)),
           name(cadet_set_scalar(&session, 0, 0)));
    printf("names %s %s\n", name(CADET_OK), name(9999));
    return 0;
}
