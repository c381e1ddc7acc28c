// The parts of dyld that a small bundle needs: segments, rebasing, binding, and one lookup in the symbol table.
// Constants and structs are from Apple's <mach-o/loader.h>.
#include "macho_image.h"

#include <mach-o/loader.h>
#include <mach-o/nlist.h>
#include <sys/mman.h>

#include <cstdint>
#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <vector>

namespace {

constexpr std::uint32_t kProcessorX86_64 = 0x01000007;

[[noreturn]] void Refuse(const std::string& why) { throw std::runtime_error("the bundle can't be loaded: " + why); }

class File {
 public:
  explicit File(const std::string& path) {
    std::ifstream stream(path, std::ios::binary);
    if (!stream) Refuse("no file " + path);
    bytes_.assign(std::istreambuf_iterator<char>(stream), {});
  }

  // `length` bytes at `offset`. Throws if the file ends before.
  const char* At(std::size_t offset, std::size_t length) const {
    if (offset > bytes_.size() || length > bytes_.size() - offset) Refuse("it ends too early");
    return bytes_.data() + offset;
  }

  template <class Struct>
  Struct Read(std::size_t offset) const {
    Struct value;
    std::memcpy(&value, At(offset, sizeof value), sizeof value);
    return value;
  }

 private:
  std::vector<char> bytes_;
};

// The contents of the load commands.
struct Layout {
  std::vector<segment_command_64> segments;
  dyld_info_command fixups{};
  symtab_command symbols{};
};

void CheckSections(const File& file, std::size_t offset, std::uint32_t count) {
  for (std::uint32_t index = 0; index < count; index++) {
    const auto section = file.Read<section_64>(offset + index * sizeof(section_64));
    const auto type = section.flags & SECTION_TYPE;
    if (type == S_MOD_INIT_FUNC_POINTERS || type == S_INIT_FUNC_OFFSETS) Refuse("it has static constructors");
    if (type == S_THREAD_LOCAL_VARIABLES) Refuse("it has thread-local variables");
  }
}

Layout ReadLayout(const File& file) {
  const auto header = file.Read<mach_header_64>(0);
  if (header.magic != MH_MAGIC_64 || static_cast<std::uint32_t>(header.cputype) != kProcessorX86_64 ||
      header.filetype != MH_BUNDLE) {
    Refuse("it is not a Mach-O bundle for x86_64");
  }
  Layout layout;
  std::size_t offset = sizeof header;
  for (std::uint32_t index = 0; index < header.ncmds; index++) {
    const auto command = file.Read<load_command>(offset);
    switch (command.cmd) {
      case LC_SEGMENT_64:
        layout.segments.push_back(file.Read<segment_command_64>(offset));
        CheckSections(file, offset + sizeof(segment_command_64), layout.segments.back().nsects);
        break;
      case LC_DYLD_INFO_ONLY:
        layout.fixups = file.Read<dyld_info_command>(offset);
        break;
      case LC_SYMTAB:
        layout.symbols = file.Read<symtab_command>(offset);
        break;
      case LC_DYLD_CHAINED_FIXUPS:
        Refuse("its fixups are chained, which only systems from macOS 11 on know");
    }
    offset += command.cmdsize;
  }
  return layout;
}

char* MapSegments(const File& file, const std::vector<segment_command_64>& segments) {
  std::uint64_t end = 0;
  for (const auto& segment : segments) end = std::max(end, segment.vmaddr + segment.vmsize);
  void* memory = mmap(nullptr, end, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) Refuse("no memory");
  auto* base = static_cast<char*>(memory);
  for (const auto& segment : segments) {
    if (segment.filesize > segment.vmsize) Refuse("a segment is longer in the file than in memory");
    std::memcpy(base + segment.vmaddr, file.At(segment.fileoff, segment.filesize), segment.filesize);
  }
  return base;
}

void Protect(char* base, const std::vector<segment_command_64>& segments) {
  for (const auto& segment : segments) {
    // The three permissions have the same numbers on both systems.
    if (mprotect(base + segment.vmaddr, segment.vmsize, segment.initprot) != 0) Refuse("a segment can't be protected");
  }
}

// A program in the language of fixups: opcodes that contain a small number, and numbers in LEB128.
class Program {
 public:
  Program(const File& file, std::uint32_t offset, std::uint32_t length)
      : next_(file.At(offset, length)), end_(next_ + length) {}

  bool AtEnd() const { return next_ == end_; }

  std::uint8_t Byte() {
    if (AtEnd()) Refuse("its fixups end too early");
    return static_cast<std::uint8_t>(*next_++);
  }

  std::uint64_t Number() {
    std::uint64_t number = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const auto byte = Byte();
      number |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
      if ((byte & 0x80) == 0) return number;
    }
    Refuse("a number in its fixups is too long");
  }

  std::string Text() {
    std::string text;
    while (const auto byte = Byte()) text += static_cast<char>(byte);
    return text;
  }

 private:
  const char* next_;
  const char* end_;
};

// The place of the next pointer.
struct Place {
  char* base;
  const std::vector<segment_command_64>& segments;
  std::uint64_t segment = 0;
  std::uint64_t offset = 0;

  std::uint64_t& Pointer() const {
    if (segment >= segments.size() || offset + sizeof(std::uint64_t) > segments[segment].vmsize) {
      Refuse("a fixup lies outside of its segment");
    }
    return *reinterpret_cast<std::uint64_t*>(base + segments[segment].vmaddr + offset);
  }
};

// Adjusts pointers into the bundle itself, which was linked for address 0.
void Rebase(Program program, Place place) {
  const auto rebase = [&place](std::uint64_t count, std::uint64_t skip) {
    for (; count > 0; count--) {
      place.Pointer() += reinterpret_cast<std::uint64_t>(place.base);
      place.offset += sizeof(std::uint64_t) + skip;
    }
  };
  while (!program.AtEnd()) {
    const auto byte = program.Byte();
    const auto small = byte & REBASE_IMMEDIATE_MASK;
    switch (byte & REBASE_OPCODE_MASK) {
      case REBASE_OPCODE_DONE:
        return;
      case REBASE_OPCODE_SET_TYPE_IMM:
        break;
      case REBASE_OPCODE_SET_SEGMENT_AND_OFFSET_ULEB:
        place.segment = small;
        place.offset = program.Number();
        break;
      case REBASE_OPCODE_ADD_ADDR_ULEB:
        place.offset += program.Number();
        break;
      case REBASE_OPCODE_ADD_ADDR_IMM_SCALED:
        place.offset += small * sizeof(std::uint64_t);
        break;
      case REBASE_OPCODE_DO_REBASE_IMM_TIMES:
        rebase(small, 0);
        break;
      case REBASE_OPCODE_DO_REBASE_ULEB_TIMES:
        rebase(program.Number(), 0);
        break;
      case REBASE_OPCODE_DO_REBASE_ADD_ADDR_ULEB:
        rebase(1, program.Number());
        break;
      case REBASE_OPCODE_DO_REBASE_ULEB_TIMES_SKIPPING_ULEB: {
        const auto count = program.Number();
        rebase(count, program.Number());
        break;
      }
      default:
        Refuse("an unknown way to rebase");
    }
  }
}

// Sets pointers to imports. In the lazy bindings, DONE follows each binding, so it is not the end.
void Bind(Program program, Place place, Resolver resolve) {
  std::string symbol;
  const auto bind = [&](std::uint64_t count, std::uint64_t skip) {
    void* target = resolve(symbol);
    if (target == nullptr) Refuse("nothing here is called " + symbol);
    for (; count > 0; count--) {
      place.Pointer() = reinterpret_cast<std::uint64_t>(target);
      place.offset += sizeof(std::uint64_t) + skip;
    }
  };
  while (!program.AtEnd()) {
    const auto byte = program.Byte();
    const auto small = byte & BIND_IMMEDIATE_MASK;
    switch (byte & BIND_OPCODE_MASK) {
      case BIND_OPCODE_DONE:
      case BIND_OPCODE_SET_DYLIB_ORDINAL_IMM:
      case BIND_OPCODE_SET_DYLIB_SPECIAL_IMM:
      case BIND_OPCODE_SET_TYPE_IMM:
        break;
      case BIND_OPCODE_SET_DYLIB_ORDINAL_ULEB:
        program.Number();
        break;
      case BIND_OPCODE_SET_SYMBOL_TRAILING_FLAGS_IMM:
        symbol = program.Text();
        break;
      case BIND_OPCODE_SET_SEGMENT_AND_OFFSET_ULEB:
        place.segment = small;
        place.offset = program.Number();
        break;
      case BIND_OPCODE_ADD_ADDR_ULEB:
        place.offset += program.Number();
        break;
      case BIND_OPCODE_DO_BIND:
        bind(1, 0);
        break;
      case BIND_OPCODE_DO_BIND_ADD_ADDR_ULEB:
        bind(1, program.Number());
        break;
      case BIND_OPCODE_DO_BIND_ADD_ADDR_IMM_SCALED:
        bind(1, small * sizeof(std::uint64_t));
        break;
      case BIND_OPCODE_DO_BIND_ULEB_TIMES_SKIPPING_ULEB: {
        const auto count = program.Number();
        bind(count, program.Number());
        break;
      }
      default:
        Refuse("an unknown way to bind");
    }
  }
}

std::uint64_t FindExport(const File& file, const symtab_command& table, const std::string& name) {
  const std::string strings(file.At(table.stroff, table.strsize), table.strsize);
  for (std::uint32_t index = 0; index < table.nsyms; index++) {
    const auto symbol = file.Read<nlist_64>(table.symoff + index * sizeof(nlist_64));
    const bool isExported = (symbol.n_type & N_EXT) != 0 && (symbol.n_type & N_TYPE) == N_SECT;
    if (isExported && strings.compare(symbol.n_un.n_strx, name.size() + 1, name.c_str(), name.size() + 1) == 0) {
      return symbol.n_value;
    }
  }
  Refuse("it does not export " + name);
}

}  // namespace

void* LoadBundle(const std::string& path, const std::string& symbol, Resolver resolve) {
  const File file(path);
  const auto layout = ReadLayout(file);
  const auto address = FindExport(file, layout.symbols, symbol);
  auto* base = MapSegments(file, layout.segments);
  const Place place{base, layout.segments};
  const auto& fixups = layout.fixups;
  Rebase(Program(file, fixups.rebase_off, fixups.rebase_size), place);
  Bind(Program(file, fixups.bind_off, fixups.bind_size), place, resolve);
  Bind(Program(file, fixups.weak_bind_off, fixups.weak_bind_size), place, resolve);
  Bind(Program(file, fixups.lazy_bind_off, fixups.lazy_bind_size), place, resolve);
  Protect(base, layout.segments);
  return base + address;
}
