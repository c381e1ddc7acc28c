// Defines the few symbols of the C++ library that node-addon-api needs. The binary then needs no libstdc++, and one
// file serves glibc and musl. native/exports.map keeps the symbols private. Exceptions are off, so a failed allocation
// aborts.
#include <cstddef>
#include <cstdlib>
#include <new>

void* operator new(std::size_t size) {
  void* memory = std::malloc(size);
  if (memory == nullptr) std::abort();
  return memory;
}

void* operator new[](std::size_t size) { return operator new(size); }

void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

// The C++ ABI requires the name. No header declares it.
// NOLINTNEXTLINE(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp)
extern "C" [[noreturn]] void __cxa_pure_virtual();
void __cxa_pure_virtual() { std::abort(); }
