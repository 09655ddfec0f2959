// The part of LiteRT 2.3's C interface that one inference needs. Its handles are opaque and every
// function returns 0 for success; the interface is not stable between versions of the library.
#ifndef LITERT_H
#define LITERT_H

#include <stddef.h>

typedef void *LiteRtHandle;

int LiteRtCreateEnvironment(int options_count, const void *options, LiteRtHandle *environment);
int LiteRtCreateModelFromFile(LiteRtHandle environment, const char *path, LiteRtHandle *model);
int LiteRtCreateOptions(LiteRtHandle *options);
int LiteRtSetOptionsHardwareAccelerators(LiteRtHandle options, int accelerators);
int LiteRtCreateCompiledModel(LiteRtHandle environment, LiteRtHandle model, LiteRtHandle options,
                              LiteRtHandle *compiled);

int LiteRtGetNumModelSignatures(LiteRtHandle model, size_t *count);
int LiteRtGetModelSignature(LiteRtHandle model, size_t index, LiteRtHandle *signature);
int LiteRtGetSignatureKey(LiteRtHandle signature, const char **key);
int LiteRtGetNumSignatureInputs(LiteRtHandle signature, size_t *count);
int LiteRtGetNumSignatureOutputs(LiteRtHandle signature, size_t *count);
int LiteRtGetSignatureInputName(LiteRtHandle signature, size_t index, const char **name);
int LiteRtGetSignatureOutputName(LiteRtHandle signature, size_t index, const char **name);
int LiteRtGetSignatureInputTensorByIndex(LiteRtHandle signature, size_t index,
                                         LiteRtHandle *tensor);
int LiteRtGetSignatureOutputTensorByIndex(LiteRtHandle signature, size_t index,
                                          LiteRtHandle *tensor);
int LiteRtGetRankedTensorType(LiteRtHandle tensor, void *type);

int LiteRtGetCompiledModelInputBufferRequirements(LiteRtHandle compiled, size_t signature,
                                                  size_t index, LiteRtHandle *requirements);
int LiteRtGetCompiledModelOutputBufferRequirements(LiteRtHandle compiled, size_t signature,
                                                   size_t index, LiteRtHandle *requirements);
int LiteRtCreateManagedTensorBufferFromRequirements(LiteRtHandle environment, const void *type,
                                                    LiteRtHandle requirements,
                                                    LiteRtHandle *buffer);
int LiteRtLockTensorBuffer(LiteRtHandle buffer, void **memory, int mode);
int LiteRtUnlockTensorBuffer(LiteRtHandle buffer);
int LiteRtGetTensorBufferPackedSize(LiteRtHandle buffer, size_t *size);
int LiteRtRunCompiledModel(LiteRtHandle compiled, size_t signature, size_t inputs_count,
                           LiteRtHandle *inputs, size_t outputs_count, LiteRtHandle *outputs);

void LiteRtDestroyTensorBuffer(LiteRtHandle buffer);
void LiteRtDestroyCompiledModel(LiteRtHandle compiled);
void LiteRtDestroyOptions(LiteRtHandle options);
void LiteRtDestroyModel(LiteRtHandle model);
void LiteRtDestroyEnvironment(LiteRtHandle environment);

#endif
