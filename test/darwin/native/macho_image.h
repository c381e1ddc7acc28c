// Loads a Mach-O bundle for x86_64 into this process as dyld of macOS does. Both systems have the same calling
// convention on that processor, so its code runs here. It is never unloaded.
#pragma once

#include <string>

// The address of an import, or nullptr if it is unknown.
using Resolver = void* (*)(const std::string& symbol);

// Maps the segments, adjusts the pointers and binds the imports. Returns the address of the export `symbol`. Throws
// std::runtime_error for any other file, and for an import that `resolve` does not know.
void* LoadBundle(const std::string& path, const std::string& symbol, Resolver resolve);
