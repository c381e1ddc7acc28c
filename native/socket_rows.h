// The rows that a dump of the kernel's tables collects. Plain C++, no Node.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdlib>

namespace sockinfo {

template <class Row>
struct SocketRows {
  Row* rows;
  std::size_t count;
  std::size_t capacity;
  // There are more sockets than the caller has asked for.
  bool is_truncated;
  // The kernel reports that its table changed, so that sockets may be missing or be there twice.
  bool is_interrupted;
};

// Makes room for one more row, and returns the place after the last one, or nullptr if there is no memory. The bytes
// there have any values.
template <class Row>
Row* NextRow(SocketRows<Row>& dump) {
  constexpr std::size_t kFirstRows = 64;
  if (dump.count == dump.capacity) {
    const std::size_t wanted = std::max(2 * dump.capacity, kFirstRows);
    auto* rows = static_cast<Row*>(std::realloc(dump.rows, wanted * sizeof(Row)));
    if (rows == nullptr) return nullptr;
    dump.rows = rows;
    dump.capacity = wanted;
  }
  return dump.rows + dump.count;
}

template <class Row>
void FreeRows(SocketRows<Row>& dump) {
  std::free(dump.rows);
  dump = {};
}

}  // namespace sockinfo
