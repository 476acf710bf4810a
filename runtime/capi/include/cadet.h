/* cadet's runtime for C: runs a package in memory that the caller owns. No allocation, no globals.
 *
 * Every function that can fail returns 0 or an error code; runtime/format/SPEC.md lists the codes, and
 * cadet_error_name names them. No pointer may be NULL, except the data of a buffer of 0 bytes. A session may be
 * used by one thread at a time; sessions may share a package.
 */
#ifndef CADET_H
#define CADET_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define CADET_OK 0u
#define CADET_MEMORY_REGIONS 4
#define CADET_MAX_RANK 8
#define CADET_SESSION_WORDS 256

/* Types of elements, as in CadetTensor. */
enum {
    CADET_F32 = 1,
    CADET_F16 = 2,
    CADET_BF16 = 3,
    CADET_I8 = 4,
    CADET_U8 = 5,
    CADET_I16 = 6,
    CADET_I32 = 7,
    CADET_I64 = 8,
    CADET_BOOL = 9,
    CADET_I4 = 10
};

/* A package at work. Its content is the runtime's; cadet_init fills it in. It is not to be moved or copied. */
typedef struct CadetSession {
    uintptr_t opaque[CADET_SESSION_WORDS];
} CadetSession;

/* What a package asks for. Most packages use one arena region and no other memory. */
typedef struct CadetRequirements {
    uint32_t arena_bytes[CADET_MEMORY_REGIONS]; /* working memory */
    uint32_t state_bytes[CADET_MEMORY_REGIONS]; /* memory kept between runs */
    uint32_t input_bytes;                       /* 0: inputs lie in the arena */
    uint32_t output_bytes;                      /* 0: outputs lie in the arena */
    uint32_t alignment;                         /* of package, arena and state, in bytes */
    uint32_t programs;                          /* number of programs */
} CadetRequirements;

/* Memory of the caller. */
typedef struct CadetBuffer {
    void *data;
    size_t bytes;
} CadetBuffer;

/* Memory for one session. It is the session's until the session is no longer used. */
typedef struct CadetMemory {
    CadetBuffer arena[CADET_MEMORY_REGIONS];
    CadetBuffer state[CADET_MEMORY_REGIONS];
    CadetBuffer input;
    CadetBuffer output;
} CadetMemory;

/* An input or output. The real value of an element q is (q - zero_point) * scale; scale is 0 where it is not
 * quantised. */
typedef struct CadetTensor {
    void *data;
    uint32_t bytes;
    uint32_t dtype; /* CADET_F32, CADET_I8, ... */
    uint32_t rank;
    uint32_t dims[CADET_MAX_RANK];
    float scale;
    int32_t zero_point;
} CadetTensor;

/* Checks a package and tells what it asks for. What follows the package in its buffer is ignored. */
uint16_t cadet_requirements(const void *package, size_t package_bytes, CadetRequirements *requirements);

/* Checks a package, binds it to memory and resets the state. The package is used in place and must stay where it
 * is. After an error the session may not be used. A package that holds a whole ONNX model is for hosts, and refused
 * here (NeedsHost, 214). */
uint16_t cadet_init(CadetSession *session, const void *package, size_t package_bytes, const CadetMemory *memory);

/* Where input `index` of `program` lies and what it is: write it there before a run. What it holds after a run is
 * undefined unless the package was made to keep it. */
uint16_t cadet_input(CadetSession *session, uint32_t program, uint32_t index, CadetTensor *tensor);

/* Where output `index` of `program` lies and what it is: read it there after a run and before the next. */
uint16_t cadet_output(CadetSession *session, uint32_t program, uint32_t index, CadetTensor *tensor);

/* Sets a run-time scalar of the package. */
uint16_t cadet_set_scalar(CadetSession *session, uint32_t index, uint32_t value);

/* Runs all steps of `program`. */
uint16_t cadet_run(CadetSession *session, uint32_t program);

/* Hands over a part of an input: fills the `bytes` bytes at `part` with what lies at `offset` of the input, and
 * returns 0, or anything else to stop the run. */
typedef int CadetFeed(void *user, size_t offset, void *part, size_t bytes);

/* Runs all steps of `program` of a package that was made to be fed (cadet pack --strips fed): its input
 * (CadetRequirements.input_bytes) need never be in memory as a whole. Leave CadetMemory.input at 0 bytes and hand
 * over parts as `feed` is asked for them, in rising order, each once; cadet_input gives data NULL then. `user` is passed
 * on. FeedFailed (213) where `feed` does not return 0. */
uint16_t cadet_run_fed(CadetSession *session, uint32_t program, CadetFeed *feed, void *user);

/* Number of steps of `program`; 0 if there is no such program. */
uint32_t cadet_step_count(const CadetSession *session, uint32_t program);

/* Runs one step of `program`, for watchdogs and cooperative schedulers. Steps are to be run in order from 0. A step
 * that reads an input which is not in CadetMemory.input fails (ExternalTooSmall, 212). */
uint16_t cadet_step(CadetSession *session, uint32_t program, uint32_t step);

/* Sets the state to what it holds at first, zero where the package does not say otherwise, and run-time scalars to
   their first values. */
void cadet_reset_state(CadetSession *session);

/* Name of an error, such as "ArenaTooSmall"; "Ok" for 0, "Unknown" for a code that this release does not know. */
const char *cadet_error_name(uint16_t code);

#ifdef __cplusplus
}
#endif

#endif
