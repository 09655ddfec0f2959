/* Times a .tflite on a device and writes what it computed; nothing but libc and libLiteRt.so.
 *
 *   litert_runner --library libLiteRt.so --model FILE --cases FILE --out FILE
 *                 [--threads N] [--cache FILE] [--warmup N] [--runs N] [--seconds S] [--mark FD]
 *
 * The cases file: "case SIGNATURE" begins a case; each line "NAME N v1 .. vN" after it is one input, whose
 * rest is zero. With --seconds the first case is timed: once (first), --warmup times untimed, then until S
 * seconds are over or --runs are done. After that every case runs once and its outputs are written.
 *
 * The output, a text of lines: the runner's version; bare_bytes, load_ns, first WALL CPU (nanoseconds);
 * sample START WALL CPU for each timed run; peak_bytes; then "case I" and "NAME N v1 .. vN" with nine digits,
 * which is every bit of a float32; "end LINES" last. It gets its name when it is complete.
 *
 * --mark FD writes one byte to a descriptor that need not exist, before and after each run that is timed:
 * an emulator that watches system calls can count instructions between them.
 *
 * The declarations follow LiteRT 2.3's C interface, which is not stable between versions. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { READ = 0, WRITE = 1, CPU = 1, MAX_TENSORS = 8, TYPE_BYTES = 512, NAME_BYTES = 128 };

typedef void *Handle;
typedef int Status;

#define FUNCTIONS(F)                                                                              \
    F(LiteRtCreateEnvironment, (int, const void *, Handle *))                                     \
    F(LiteRtCreateModelFromFile, (Handle, const char *, Handle *))                                \
    F(LiteRtCreateOptions, (Handle *))                                                            \
    F(LiteRtSetOptionsHardwareAccelerators, (Handle, int))                                        \
    F(LiteRtCreateOpaqueOptions, (const char *, void *, void (*)(void *), Handle *))              \
    F(LiteRtAddOpaqueOptions, (Handle, Handle))                                                   \
    F(LiteRtCreateCompiledModel, (Handle, Handle, Handle, Handle *))                              \
    F(LiteRtGetNumModelSignatures, (Handle, size_t *))                                            \
    F(LiteRtGetModelSignature, (Handle, size_t, Handle *))                                        \
    F(LiteRtGetSignatureKey, (Handle, const char **))                                             \
    F(LiteRtGetNumSignatureInputs, (Handle, size_t *))                                            \
    F(LiteRtGetNumSignatureOutputs, (Handle, size_t *))                                           \
    F(LiteRtGetSignatureInputName, (Handle, size_t, const char **))                               \
    F(LiteRtGetSignatureOutputName, (Handle, size_t, const char **))                              \
    F(LiteRtGetSignatureInputTensorByIndex, (Handle, size_t, Handle *))                           \
    F(LiteRtGetSignatureOutputTensorByIndex, (Handle, size_t, Handle *))                          \
    F(LiteRtGetRankedTensorType, (Handle, void *))                                                \
    F(LiteRtGetCompiledModelInputBufferRequirements, (Handle, size_t, size_t, Handle *))          \
    F(LiteRtGetCompiledModelOutputBufferRequirements, (Handle, size_t, size_t, Handle *))         \
    F(LiteRtCreateManagedTensorBufferFromRequirements, (Handle, const void *, Handle, Handle *))  \
    F(LiteRtGetTensorBufferPackedSize, (Handle, size_t *))                                        \
    F(LiteRtLockTensorBuffer, (Handle, void **, int))                                             \
    F(LiteRtUnlockTensorBuffer, (Handle))                                                         \
    F(LiteRtRunCompiledModel, (Handle, size_t, size_t, Handle *, size_t, Handle *))

#define DECLARE(name, arguments) static Status(*name) arguments;
FUNCTIONS(DECLARE)

typedef struct {
    char name[NAME_BYTES];
    Handle buffer;
    size_t values; /* of four bytes each */
} Tensor;

typedef struct {
    char key[NAME_BYTES];
    size_t index, inputs, outputs;
    Tensor input[MAX_TENSORS], output[MAX_TENSORS];
} Signature;

typedef struct {
    const char *library, *model, *cases, *out, *cache;
    int threads, warmup, runs, mark;
    double seconds;
} Arguments;

static Handle environment, compiled;
static Signature *signatures;
static size_t signature_count;
static FILE *out;
static size_t lines;

static void fail(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fputs("error: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    exit(1);
}

#define DO(call)                                                          \
    do {                                                                  \
        Status status = (call);                                           \
        if (status != 0) fail("%s failed with status %d", #call, status); \
    } while (0)

static int64_t nanoseconds(clockid_t clock) {
    struct timespec time;
    clock_gettime(clock, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

/* A line of the output. */
static void put(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vfprintf(out, format, arguments);
    fputc('\n', out);
    lines++;
}

/* The highest resident memory in bytes since the last reset, or since the start where a system refuses it. */
static int64_t peak_bytes(void) {
    char line[256];
    long long kilobytes = -1;
    FILE *status = fopen("/proc/self/status", "r");
    while (status && fgets(line, sizeof line, status) && sscanf(line, "VmHWM: %lld", &kilobytes) != 1) {}
    if (status) fclose(status);
    return kilobytes < 0 ? 0 : kilobytes * 1024;
}

static void forget_peak(void) {
    int file = open("/proc/self/clear_refs", O_WRONLY);
    if (file < 0) return;
    if (write(file, "5", 1) < 0) { /* refused on some phones */ }
    close(file);
}

static void load_library(const char *path) {
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!library) fail("cannot load the runtime: %s", dlerror());
#define FIND(name, arguments)                                                       \
    *(void **)&name = dlsym(library, #name);                                        \
    if (!name) fail("%s has no %s; LiteRT 2.3 is needed", path, #name);
    FUNCTIONS(FIND)
}

static void make_tensor(Tensor *tensor, const char *name, Handle type_owner, Handle needs) {
    unsigned char type[TYPE_BYTES] = {0}; /* far more than the library's description of a tensor type */
    size_t bytes;
    snprintf(tensor->name, NAME_BYTES, "%s", name);
    DO(LiteRtGetRankedTensorType(type_owner, type));
    DO(LiteRtCreateManagedTensorBufferFromRequirements(environment, type, needs, &tensor->buffer));
    DO(LiteRtGetTensorBufferPackedSize(tensor->buffer, &bytes));
    tensor->values = bytes / 4;
}

static void describe_signature(Handle model, size_t index) {
    Signature *signature = &signatures[index];
    Handle handle, tensor, needs;
    const char *name;
    DO(LiteRtGetModelSignature(model, index, &handle));
    DO(LiteRtGetSignatureKey(handle, &name));
    snprintf(signature->key, NAME_BYTES, "%s", name);
    signature->index = index;
    DO(LiteRtGetNumSignatureInputs(handle, &signature->inputs));
    DO(LiteRtGetNumSignatureOutputs(handle, &signature->outputs));
    if (signature->inputs > MAX_TENSORS || signature->outputs > MAX_TENSORS) fail("too many tensors in %s", name);
    for (size_t i = 0; i < signature->inputs; i++) {
        DO(LiteRtGetSignatureInputName(handle, i, &name));
        DO(LiteRtGetSignatureInputTensorByIndex(handle, i, &tensor));
        DO(LiteRtGetCompiledModelInputBufferRequirements(compiled, index, i, &needs));
        make_tensor(&signature->input[i], name, tensor, needs);
    }
    for (size_t i = 0; i < signature->outputs; i++) {
        DO(LiteRtGetSignatureOutputName(handle, i, &name));
        DO(LiteRtGetSignatureOutputTensorByIndex(handle, i, &tensor));
        DO(LiteRtGetCompiledModelOutputBufferRequirements(compiled, index, i, &needs));
        make_tensor(&signature->output[i], name, tensor, needs);
    }
}

/* Options of the CPU travel as a TOML text under the name "xnnpack", as the runtime's own bindings pass them. */
static void load_model(const Arguments *given) {
    char *toml = malloc(4096); /* freed by the runtime */
    Handle model, options, cpu;
    int written = snprintf(toml, 4096, "num_threads = %d\n", given->threads);
    if (given->cache) snprintf(toml + written, 4096 - written, "weight_cache_file_path = \"%s\"\n", given->cache);
    DO(LiteRtCreateModelFromFile(environment, given->model, &model));
    DO(LiteRtCreateOptions(&options));
    DO(LiteRtSetOptionsHardwareAccelerators(options, CPU));
    DO(LiteRtCreateOpaqueOptions("xnnpack", toml, free, &cpu));
    DO(LiteRtAddOpaqueOptions(options, cpu));
    DO(LiteRtCreateCompiledModel(environment, model, options, &compiled));
    DO(LiteRtGetNumModelSignatures(model, &signature_count));
    signatures = calloc(signature_count, sizeof *signatures);
    for (size_t i = 0; i < signature_count; i++) describe_signature(model, i);
}

static Tensor *find_input(Signature *signature, const char *name) {
    for (size_t i = 0; i < signature->inputs; i++)
        if (strcmp(signature->input[i].name, name) == 0) return &signature->input[i];
    fail("%s has no input %s", signature->key, name);
    return NULL;
}

static void read_input(FILE *cases, Signature *signature, const char *name) {
    Tensor *tensor = find_input(signature, name);
    int32_t *memory;
    size_t count;
    if (fscanf(cases, "%zu", &count) != 1 || count > tensor->values)
        fail("input %s: more values than %s takes (%zu)", name, signature->key, tensor->values);
    DO(LiteRtLockTensorBuffer(tensor->buffer, (void **)&memory, WRITE));
    memset(memory, 0, tensor->values * 4);
    for (size_t i = 0; i < count; i++)
        if (fscanf(cases, "%d", &memory[i]) != 1) fail("input %s: expected %zu whole numbers", name, count);
    DO(LiteRtUnlockTensorBuffer(tensor->buffer));
}

/* Reads one case into its signature's inputs; NULL at the end. `word` holds what was read ahead. */
static Signature *read_case(FILE *cases, char *word) {
    Signature *signature = NULL;
    if (word[0] == 0 && fscanf(cases, "%127s", word) != 1) return NULL;
    if (strcmp(word, "case") != 0 || fscanf(cases, "%127s", word) != 1) fail("expected 'case', found '%s'", word);
    for (size_t i = 0; i < signature_count; i++)
        if (strcmp(signatures[i].key, word) == 0) signature = &signatures[i];
    if (!signature) fail("the model has no signature %s", word);
    word[0] = 0;
    while (fscanf(cases, "%127s", word) == 1 && strcmp(word, "case") != 0) {
        read_input(cases, signature, word);
        word[0] = 0;
    }
    return signature;
}

static void run(Signature *signature) {
    Handle inputs[MAX_TENSORS], outputs[MAX_TENSORS];
    for (size_t i = 0; i < signature->inputs; i++) inputs[i] = signature->input[i].buffer;
    for (size_t i = 0; i < signature->outputs; i++) outputs[i] = signature->output[i].buffer;
    DO(LiteRtRunCompiledModel(compiled, signature->index, signature->inputs, inputs, signature->outputs, outputs));
}

static void write_outputs(Signature *signature, size_t number) {
    put("case %zu", number);
    for (size_t i = 0; i < signature->outputs; i++) {
        Tensor *tensor = &signature->output[i];
        float *memory;
        DO(LiteRtLockTensorBuffer(tensor->buffer, (void **)&memory, READ));
        fprintf(out, "%s %zu", tensor->name, tensor->values);
        for (size_t k = 0; k < tensor->values; k++) fprintf(out, " %.9g", memory[k]);
        DO(LiteRtUnlockTensorBuffer(tensor->buffer));
        put("");
    }
}

static void mark(int descriptor) {
    if (descriptor >= 0 && write(descriptor, "", 1) < 0) { /* it need not exist */ }
}

static void timed_run(Signature *signature, int descriptor, int64_t sample[3]) {
    sample[0] = nanoseconds(CLOCK_MONOTONIC);
    int64_t cpu = nanoseconds(CLOCK_PROCESS_CPUTIME_ID), wall = nanoseconds(CLOCK_MONOTONIC);
    mark(descriptor);
    run(signature);
    mark(descriptor);
    sample[1] = nanoseconds(CLOCK_MONOTONIC) - wall;
    sample[2] = nanoseconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
}

/* Samples are kept in memory and written afterwards: nothing is written while runs are timed. */
static void measure(Signature *signature, const Arguments *given) {
    int64_t first[3], warm[3], (*samples)[3] = malloc(sizeof(int64_t[3]) * (size_t)given->runs);
    int count = 0;
    if (!samples) fail("no memory for %d samples", given->runs);
    timed_run(signature, -1, first);
    for (int i = 0; i < given->warmup; i++) timed_run(signature, -1, warm);
    int64_t end = nanoseconds(CLOCK_MONOTONIC) + (int64_t)(given->seconds * 1e9);
    do timed_run(signature, given->mark, samples[count++]);
    while (count < given->runs && nanoseconds(CLOCK_MONOTONIC) < end);
    put("first %lld %lld", (long long)first[1], (long long)first[2]);
    for (int i = 0; i < count; i++)
        put("sample %lld %lld %lld", (long long)samples[i][0], (long long)samples[i][1], (long long)samples[i][2]);
    put("peak_bytes %lld", (long long)peak_bytes());
    free(samples);
}

static Arguments parse(int count, char **words) {
    Arguments given = {.threads = 1, .runs = 100000, .mark = -1};
    for (int i = 1; i < count; i += 2) {
        const char *name = words[i], *value = i + 1 < count ? words[i + 1] : NULL;
        if (!value) fail("%s needs a value", name);
        if (!strcmp(name, "--library")) given.library = value;
        else if (!strcmp(name, "--model")) given.model = value;
        else if (!strcmp(name, "--cases")) given.cases = value;
        else if (!strcmp(name, "--out")) given.out = value;
        else if (!strcmp(name, "--cache")) given.cache = value;
        else if (!strcmp(name, "--threads")) given.threads = atoi(value);
        else if (!strcmp(name, "--warmup")) given.warmup = atoi(value);
        else if (!strcmp(name, "--runs")) given.runs = atoi(value);
        else if (!strcmp(name, "--seconds")) given.seconds = atof(value);
        else if (!strcmp(name, "--mark")) given.mark = atoi(value);
        else fail("unknown option %s", name);
    }
    if (!given.library || !given.model || !given.cases || !given.out) fail("--library, --model, --cases and --out must be given");
    if (given.threads < 1 || given.runs < 1 || given.warmup < 0) fail("--threads and --runs must be at least 1, --warmup 0");
    return given;
}

int main(int count, char **words) {
    Arguments given = parse(count, words);
    char partial[4096], word[NAME_BYTES] = "";
    snprintf(partial, sizeof partial, "%s.partial", given.out);
    FILE *cases = fopen(given.cases, "r");
    if (!cases) fail("cannot read %s: %s", given.cases, strerror(errno));
    if (!(out = fopen(partial, "w"))) fail("cannot write %s: %s", partial, strerror(errno));
    put("litert_runner 1");

    load_library(given.library);
    DO(LiteRtCreateEnvironment(0, NULL, &environment));
    forget_peak();
    put("bare_bytes %lld", (long long)peak_bytes());
    int64_t start = nanoseconds(CLOCK_MONOTONIC);
    load_model(&given);
    put("load_ns %lld", (long long)(nanoseconds(CLOCK_MONOTONIC) - start));

    Signature *signature;
    for (size_t number = 0; (signature = read_case(cases, word)); number++) {
        if (number == 0 && given.seconds > 0) measure(signature, &given);
        run(signature);
        write_outputs(signature, number);
    }
    put("end %zu", lines + 1);
    if (fflush(out) || fsync(fileno(out)) || fclose(out) || rename(partial, given.out))
        fail("cannot write %s: %s", given.out, strerror(errno));
    return 0;
}
