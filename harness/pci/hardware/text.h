// harness/pci/hardware/text.h: short texts built without allocating: hits and notes arise in signal handlers too, and
// in the model a hundred thousand times a second.
#ifndef CFGTORTURE_HARNESS_PCI_HARDWARE_TEXT_H_
#define CFGTORTURE_HARNESS_PCI_HARDWARE_TEXT_H_

#include <cstddef>
#include <cstdint>

namespace cfgtorture::hw {

// Appends until it is full; what does not fit is cut off.
class Text {
 public:
  Text& Str(const char* text) {
    while (*text != '\0') Put(*text++);
    return *this;
  }
  Text& Hex(uint64_t value, unsigned digits) {
    Str("0x");
    return Digits(value, digits);
  }
  Text& Digits(uint64_t value, unsigned digits) {
    for (unsigned i = digits; i-- > 0;) Put("0123456789abcdef"[(value >> (4 * i)) & 0xf]);
    return *this;
  }
  Text& Dec(uint64_t value) {
    char reversed[20];
    unsigned n = 0;
    do {
      reversed[n++] = static_cast<char>('0' + value % 10);
      value /= 10;
    } while (value != 0);
    while (n > 0) Put(reversed[--n]);
    return *this;
  }
  const char* c_str() const { return buffer_; }

 private:
  void Put(char c) {
    if (size_ + 1 >= sizeof buffer_) return;
    buffer_[size_++] = c;
    buffer_[size_] = '\0';
  }
  char buffer_[256] = {0};
  size_t size_ = 0;
};

}  // namespace cfgtorture::hw

#endif  // CFGTORTURE_HARNESS_PCI_HARDWARE_TEXT_H_
