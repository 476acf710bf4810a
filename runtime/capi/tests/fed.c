/* Hands the input of a package over in parts, as a camera would its rows, and prints what was asked for and what came
 * out; then what a failing camera gives. usage: fed PACKAGE */
#include "cadet.h"

#include <stdio.h>
#include <string.h>

static union {
    double align[512];
    unsigned char bytes[4096];
} package, arena;
static CadetSession session;

static int feed(void *user, size_t offset, void *part, size_t bytes) {
    int *const parts_left = user;
    if ((*parts_left)-- == 0) return 1;
    printf("%u bytes at %u\n", (unsigned)bytes, (unsigned)offset);
    for (size_t i = 0; i < bytes; i++) ((int8_t *)part)[i] = (int8_t)(17 * (int)(offset + i) - 60);
    return 0;
}

int main(int argc, char **argv) {
    FILE *file = argc == 2 ? fopen(argv[1], "rb") : NULL;
    if (!file) return 2;
    unsigned char *const bytes = package.bytes + (16 - (uintptr_t)package.bytes % 16) % 16;
    const size_t length = fread(bytes, 1, sizeof package.bytes - 16, file);
    fclose(file);

    CadetMemory memory;
    memset(&memory, 0, sizeof memory);
    memory.arena[0].data = arena.bytes + (16 - (uintptr_t)arena.bytes % 16) % 16;
    memory.arena[0].bytes = sizeof arena.bytes - 16;
    if (cadet_init(&session, bytes, length, &memory) != CADET_OK) return 3;

    CadetTensor input, output;
    if (cadet_input(&session, 0, 0, &input) != CADET_OK || input.data) return 4;
    if (cadet_output(&session, 0, 0, &output) != CADET_OK) return 5;
    int parts_left = 100;
    if (cadet_run_fed(&session, 0, feed, &parts_left) != CADET_OK) return 6;
    printf("run");
    for (uint32_t i = 0; i < output.bytes; i++) printf(" %d", ((const int8_t *)output.data)[i]);

    parts_left = 1;
    printf("\n");
    printf("wrong %s\n", cadet_error_name(cadet_run_fed(&session, 0, feed, &parts_left)));
    printf("wrong %s\n", cadet_error_name(cadet_run(&session, 0)));
    return 0;
}
