// harness/sdk/few.h: objects that stay where they are made: the first ones inside the container, the rest on the heap.
//
// A closed program of the model sets its world up anew in every execution, a third of a million times a second: what it
// needs of each kind is one or two, and each allocation saved counts.
#ifndef CFGTORTURE_HARNESS_SDK_FEW_H_
#define CFGTORTURE_HARNESS_SDK_FEW_H_

#include <cstddef>
#include <memory>
#include <new>
#include <utility>
#include <vector>

namespace cfgtorture {

template <class T, unsigned kInside>
class Few {
 public:
  Few() = default;
  ~Few() {
    for (unsigned i = 0; i < inside_; ++i) At(i)->~T();
  }
  Few(const Few&) = delete;
  Few& operator=(const Few&) = delete;

  template <class... Args>
  T& Emplace(Args&&... args) {
    if (inside_ < kInside) return *::new (static_cast<void*>(&storage_[inside_++])) T(std::forward<Args>(args)...);
    more_.push_back(std::make_unique<T>(std::forward<Args>(args)...));
    return *more_.back();
  }

  // The first that is(object), or null.
  template <class Predicate>
  T* Find(Predicate is) {
    for (unsigned i = 0; i < inside_; ++i) {
      if (is(*At(i))) return At(i);
    }
    for (const std::unique_ptr<T>& object : more_) {
      if (is(*object)) return object.get();
    }
    return nullptr;
  }

 private:
  struct alignas(T) Place {
    std::byte bytes[sizeof(T)];
  };
  T* At(unsigned i) { return std::launder(reinterpret_cast<T*>(&storage_[i])); }

  Place storage_[kInside];
  unsigned inside_ = 0;
  std::vector<std::unique_ptr<T>> more_;
};

}  // namespace cfgtorture

#endif  // CFGTORTURE_HARNESS_SDK_FEW_H_
