/* Runs a package through cadet.h on the board: prints the outputs of generated inputs, and how much of the arena was
 * touched. build.sh builds it. */
#include "cadet.h"

#include <stdio.h>
#include <string.h>

#ifndef VECTORS
#define VECTORS 1
#endif
#ifndef SEED
#define SEED 1
#endif

enum { GUARD_BYTES = 64, ARENA_CAPACITY = 512 * 1024, STATE_CAPACITY = 64 * 1024 };

extern const unsigned char package[], package_end[];

static _Alignas(16) unsigned char arena[GUARD_BYTES + ARENA_CAPACITY + GUARD_BYTES];
static _Alignas(16) unsigned char state[GUARD_BYTES + STATE_CAPACITY + GUARD_BYTES];
static CadetSession session;

/* The input generator of golden vectors (SPEC.md, "Golden"). */
static uint32_t next(uint32_t *x) { return *x = *x * 1664525u + 1013904223u; }

static void fill(const CadetTensor *tensor, uint32_t *x) {
    if (tensor->dtype == CADET_F32) {
        float *const values = tensor->data;
        for (uint32_t i = 0; i < tensor->bytes / 4; i++) values[i] = (float)(next(x) >> 8) / 8388608.0f - 1.0f;
    } else {
        unsigned char *const bytes = tensor->data;
        for (uint32_t i = 0; i < tensor->bytes; i++) bytes[i] = (unsigned char)(next(x) >> 24);
    }
}

static void print(unsigned vector, const CadetTensor *tensor) {
    const signed char *const bytes = tensor->data;
    printf("output %u:", vector);
    for (uint32_t i = 0; i < tensor->bytes; i++)
        tensor->dtype == CADET_I8 ? printf(" %d", bytes[i]) : printf(" %02x", (unsigned char)bytes[i]);
    printf("\n");
}

/* Runs every vector in memory painted with `paint`; prints the outputs the first time. */
static uint16_t run(const CadetRequirements *need, unsigned char paint, int prints) {
    CadetMemory memory;
    memset(&memory, 0, sizeof memory);
    memory.arena[0] = (CadetBuffer){arena + GUARD_BYTES, need->arena_bytes[0]};
    memory.state[0] = (CadetBuffer){state + GUARD_BYTES, need->state_bytes[0]};
    memset(arena, paint, sizeof arena);
    memset(state, paint, sizeof state);

    uint16_t error = cadet_init(&session, package, (size_t)(package_end - package), &memory);
    CadetTensor input, output;
    for (unsigned vector = 0; !error && vector < VECTORS; vector++) {
        uint32_t x = SEED + vector;
        cadet_reset_state(&session);
        for (uint32_t i = 0; cadet_input(&session, 0, i, &input) == CADET_OK; i++) fill(&input, &x);
        error = cadet_run(&session, 0);
        for (uint32_t i = 0; prints && !error && cadet_output(&session, 0, i, &output) == CADET_OK; i++)
            print(vector, &output);
    }
    return error;
}

/* Bytes touched above the guard, and whether the guards kept their paint. */
static uint32_t touched(const unsigned char *painted, uint32_t bytes, unsigned char paint, int *intact) {
    const unsigned char *const buffer = painted + GUARD_BYTES;
    for (int i = 0; i < GUARD_BYTES; i++) *intact &= painted[i] == paint && buffer[bytes + (uint32_t)i] == paint;
    while (bytes > 0 && buffer[bytes - 1] == paint) bytes--;
    return bytes;
}

int main(void) {
    static const unsigned char paints[2] = {0xa5, 0x5a};
    CadetRequirements need;
    uint16_t error = cadet_requirements(package, (size_t)(package_end - package), &need);
    if (!error && (need.arena_bytes[0] > ARENA_CAPACITY || need.state_bytes[0] > STATE_CAPACITY)) {
        printf("the package wants more memory than this example has\n");
        return 1;
    }
    uint32_t arena_touched = 0, state_touched = 0;
    int intact = 1;
    for (int i = 0; i < 2 && !error; i++) {
        error = run(&need, paints[i], i == 0);
        const uint32_t in_arena = touched(arena, need.arena_bytes[0], paints[i], &intact);
        const uint32_t in_state = touched(state, need.state_bytes[0], paints[i], &intact);
        if (in_arena > arena_touched) arena_touched = in_arena;
        if (in_state > state_touched) state_touched = in_state;
    }
    if (error) {
        printf("error %u: %s\n", error, cadet_error_name(error));
        return 1;
    }
    printf("arena: %lu of %lu bytes touched\n", (unsigned long)arena_touched, (unsigned long)need.arena_bytes[0]);
    printf("state: %lu of %lu bytes touched\n", (unsigned long)state_touched, (unsigned long)need.state_bytes[0]);
    printf("guards: %s\n", intact ? "intact" : "overwritten");
    return !intact;
}
