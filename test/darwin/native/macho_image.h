// A Mach-O bundle for x86_64, brought into this process as dyld of macOS would do it. Both systems call functions alike
// on that processor, so its code runs here. It stays until the process ends.
#pragma once

#include <string>

// The address of what a bundle imports; nullptr when there is no such thing.
using Resolver = void* (*)(const std::string& symbol);

// Maps the segments, adjusts the pointers, binds the imports. Returns where `symbol`, which the bundle exports, is.
// Throws std::runtime_error for what is no such bundle, and for an import that `resolve` does not know.
void* LoadBundle(const std::string& path, const std::string& symbol, Resolver resolve);
