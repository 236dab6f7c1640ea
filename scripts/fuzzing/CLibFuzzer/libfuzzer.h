// The entry of libFuzzer for a program that brings its own main. The compiler links it under -sanitize=fuzzer; LLVM
// installs no header for it.
#pragma once
#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerRunDriver(int *argc, char ***argv, int (*test)(const uint8_t *data, size_t size));
