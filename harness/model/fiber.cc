// The return of CFGT_SWITCHES functions (fiber.h), under the name that the compiler gives it.
#include "harness/model/fiber.h"

#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__)
asm(".text\n"
    ".globl __x86_return_thunk\n"
    ".hidden __x86_return_thunk\n"
    ".type __x86_return_thunk, @function\n"
    "__x86_return_thunk:\n"
    "  popq %rcx\n"
    "  jmpq *%rcx\n"
    ".size __x86_return_thunk, . - __x86_return_thunk\n");
#endif
