// Generated C files of this process: the addresses of their functions, by a key.

#include <array>
#include <cstdint>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <ATen/core/Tensor.h>

namespace {

using at::ScalarType;
using at::Tensor;
using at::TensorList;

constexpr size_t FORMATS = 4;  // double, float, half, bfloat16: the ends of names
constexpr size_t MOST_PARAMETERS = 8;

using Addresses = std::array<const void*, FORMATS>;  // null: the file has it not
using Names = c10::SmallVector<int64_t, 2>;          // of partials, by their number

struct Kernel {
  std::string key;
  size_t parameters;
  bool accurate;  // 16-bit functions take parameters of 16 bits
  std::vector<std::string> names;
  std::vector<Addresses> partials;
  Addresses joint, gradient;
  std::vector<int64_t> next;  // of partial k in variable j; -1 beyond the order

  // Of the highest partials: how often f can be differentiated in x.
  int64_t order() const {
    int64_t found = 0;
    for (int64_t k = 0; next[k * (parameters + 1)] >= 0; ++found) {
      k = next[k * (parameters + 1)];
    }
    return found;
  }

  int64_t derivative(int64_t partial, size_t variable) const {
    return next[partial * (parameters + 1) + variable];
  }
};

// A kernel is never taken out, so references to one hold.
struct Registry {
  std::shared_mutex mutex;
  std::map<std::string, Kernel, std::less<>> kernels;
};

Registry& registry() {
  static Registry* const made = new Registry;  // outlives every thread
  return *made;
}

const Kernel& kernel_of(std::string_view key) {
  Registry& known = registry();
  std::shared_lock<std::shared_mutex> lock(known.mutex);
  const auto found = known.kernels.find(key);
  TORCH_CHECK(found != known.kernels.end(), "no kernel '", key,
              "' is loaded in this process: make its layer first");
  return found->second;
}

Names numbers_of(const Kernel& kernel, std::string_view names) {
  Names found;
  while (true) {
    const size_t end = names.find(',');
    const std::string_view name = names.substr(0, end);
    size_t k = 0;
    while (k < kernel.names.size() && kernel.names[k] != name) ++k;
    TORCH_CHECK(k < kernel.names.size(), "'", kernel.key, "' has no partial '", name,
                "'");
    found.push_back(static_cast<int64_t>(k));
    if (end == std::string_view::npos) return found;
    names.remove_prefix(end + 1);
  }
}

std::string spelled(const Kernel& kernel, const Names& numbers) {
  std::string text;
  for (const int64_t k : numbers) {
    if (!text.empty()) text += ',';
    text += kernel.names[k];
  }
  return text;
}

}  // namespace

// `addresses` has a row of FORMATS for each partial, one for all partials together and
// one for the gradient; `next` has a row of 1 + parameters for each partial.
extern "C" void mila_analysis_register(const char* key, size_t parameters, int accurate,
                                       size_t count, const char* const* names,
                                       const void* const* addresses,
                                       const int64_t* next) {
  Kernel kernel{key, parameters, accurate != 0, {names, names + count}, {}, {}, {}, {}};
  for (size_t row = 0; row < count + 2; ++row) {
    Addresses each;
    std::copy_n(addresses + row * FORMATS, FORMATS, each.begin());
    if (row < count) kernel.partials.push_back(each);
    if (row == count) kernel.joint = each;
    if (row == count + 1) kernel.gradient = each;
  }
  kernel.next.assign(next, next + count * (parameters + 1));
  Registry& known = registry();
  std::unique_lock<std::shared_mutex> lock(known.mutex);
  known.kernels.try_emplace(key, std::move(kernel));
}
