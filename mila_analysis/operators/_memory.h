// Tensors as rows of numbers: in which order results lie, and how inputs lie beside.

#include <ATen/ExpandUtils.h>
#include <ATen/Parallel.h>
#include <ATen/TensorIterator.h>
#include <ATen/ops/empty.h>

namespace {

constexpr int64_t CHUNK = 1 << 12;  // elements: what one thread takes at a time
constexpr int64_t MANY = 1 << 15;   // elements that are worth more than one thread
constexpr int64_t BLOCK = 1 << 11;  // elements that are converted or gathered at a time
constexpr int64_t RUN = 1 << 9;     // elements with one parameter that are worth a call

using Lengths = c10::SmallVector<int64_t, 6>;

// An input, by its strides along the dimensions of a grid.
struct Operand {
  const char* data;
  ScalarType type;
  int64_t count;  // of the elements that there are
  Lengths strides;

  bool varies(size_t from = 0) const {
    for (size_t d = from; d < strides.size(); ++d) {
      if (strides[d] != 0) return true;
    }
    return false;
  }
};

// Dimensions of results in the order of memory, the innermost last. Element i of a grid
// is the i-th element of a result in memory.
struct Grid {
  Lengths sizes;
  int64_t count;

  // Whether an operand lies as results do.
  bool flat(const Operand& given) const {
    int64_t dense = 1;
    for (size_t d = sizes.size(); d-- > 0;) {
      if (sizes[d] != 1 && given.strides[d] != dense) return false;
      dense *= sizes[d];
    }
    return true;
  }

  Lengths position(int64_t element) const {
    Lengths at(sizes.size());
    for (size_t d = sizes.size(); d-- > 0;) {
      at[d] = element % sizes[d];
      element /= sizes[d];
    }
    return at;
  }
};

int64_t offset(const Lengths& position, const Lengths& strides) {
  int64_t sum = 0;
  for (size_t d = 0; d < position.size(); ++d) sum += position[d] * strides[d];
  return sum;
}

Operand operand(const Tensor& values) {
  return {static_cast<const char*>(values.const_data_ptr()), values.scalar_type(),
          values.numel(), {}};
}

// Whether dimension `inner` follows `outer` without a gap in all operands.
bool joined(c10::ArrayRef<Operand*> operands, size_t outer, size_t inner,
            int64_t size) {
  for (const Operand* each : operands) {
    if (each->strides[outer] != each->strides[inner] * size) return false;
  }
  return true;
}

// A grid of one dimension, where operands of one element repeat it.
Grid line(int64_t count, c10::ArrayRef<Operand*> operands) {
  for (Operand* each : operands) each->strides.assign(1, each->count == 1 ? 0 : 1);
  return {{count}, count};
}

// Grid of a dense result, and the strides of operands along it. Operands are tensors
// that expand to the shape of the result, or have one element.
Grid grid_of(const Tensor& result, c10::ArrayRef<const Tensor*> tensors,
             c10::ArrayRef<Operand*> operands) {
  Grid grid{{}, result.numel()};
  Lengths order;
  for (int64_t d = 0; d < result.dim(); ++d) {
    if (result.size(d) != 1) order.push_back(d);
  }
  std::sort(order.begin(), order.end(), [&](int64_t a, int64_t b) {
    return result.stride(a) > result.stride(b);
  });
  for (size_t k = 0; k < tensors.size(); ++k) {
    const Tensor& values = *tensors[k];
    const int64_t missing = result.dim() - values.dim();
    for (const int64_t d : order) {
      const int64_t own = d - missing;
      const bool fixed = values.numel() == 1 || own < 0 || values.size(own) == 1;
      operands[k]->strides.push_back(fixed ? 0 : values.stride(own));
    }
  }
  for (const int64_t d : order) grid.sizes.push_back(result.size(d));
  for (size_t d = grid.sizes.size(); d-- > 1;) {
    if (!joined(operands, d - 1, d, grid.sizes[d])) continue;
    grid.sizes[d - 1] *= grid.sizes[d];
    grid.sizes.erase(grid.sizes.begin() + d);
    for (Operand* each : operands) each->strides.erase(each->strides.begin() + d - 1);
  }
  if (grid.sizes.empty()) return line(grid.count, operands);
  return grid;
}

// Calls body(position in the innermost dimension's first element, length) over elements
// [begin, begin + count), one innermost row after the other.
template <class Body>
void rows(const Grid& grid, const Lengths& strides, int64_t begin, int64_t count,
          const Body& body) {
  Lengths at = grid.position(begin);
  const size_t last = grid.sizes.size() - 1;
  while (count > 0) {
    const int64_t length = std::min(count, grid.sizes[last] - at[last]);
    body(offset(at, strides), length);
    count -= length;
    at[last] += length;
    for (size_t d = last; d > 0 && at[d] == grid.sizes[d]; --d) {
      at[d] = 0;
      ++at[d - 1];
    }
  }
}

template <class To, class From>
void gathered(const Operand& from, const Grid& grid, int64_t begin, int64_t count,
              To* to) {
  const int64_t step = from.strides.back();
  const From* const data = reinterpret_cast<const From*>(from.data);
  rows(grid, from.strides, begin, count, [&](int64_t first, int64_t length) {
    const From* const row = data + first;
    if (step == 0) {
      std::fill_n(to, length, static_cast<To>(row[0]));
    } else if (step == 1) {
      for (int64_t i = 0; i < length; ++i) to[i] = static_cast<To>(row[i]);
    } else {
      for (int64_t i = 0; i < length; ++i) to[i] = static_cast<To>(row[i * step]);
    }
    to += length;
  });
}

// Calls body(a null pointer of the C++ type).
template <class Body>
void with_type(ScalarType type, const Body& body) {
  switch (type) {
    case ScalarType::Double: return body(static_cast<double*>(nullptr));
    case ScalarType::Float: return body(static_cast<float*>(nullptr));
    case ScalarType::Half: return body(static_cast<at::Half*>(nullptr));
    case ScalarType::BFloat16: return body(static_cast<at::BFloat16*>(nullptr));
    default: TORCH_CHECK_TYPE(false, "real numbers of 16, 32 or 64 bits, not ", type);
  }
}

void gather(const Operand& from, const Grid& grid, int64_t begin, int64_t count,
            ScalarType type, void* to) {
  with_type(from.type, [&](auto* source) {
    with_type(type, [&](auto* target) {
      using To = std::remove_pointer_t<decltype(target)>;
      using From = std::remove_pointer_t<decltype(source)>;
      gathered<To, From>(from, grid, begin, count, static_cast<To*>(to));
    });
  });
}

void convert(const void* from, ScalarType type, int64_t count, ScalarType wanted,
             void* to) {
  gather({static_cast<const char*>(from), type, count, {1}}, {{count}, count}, 0, count,
         wanted, to);
}

// Calls body(k) for k < count, in the threads of torch if that is worth it. They are
// torch's whatever compiled this: its own library shares out an iteration whose
// elements are the calls.
template <class Body>
void in_parallel(int64_t count, bool worth, const Body& body) {
  if (!worth || at::get_num_threads() == 1 || at::in_parallel_region()) {
    for (int64_t k = 0; k < count; ++k) body(k);
    return;
  }
  const Tensor calls = at::empty({count}, at::TensorOptions().dtype(at::kByte));
  const char* const first = static_cast<const char*>(calls.const_data_ptr());
  at::TensorIterator::borrowing_nullary_op(calls).for_each(
      [&](char** data, const int64_t*, int64_t length) {
        const int64_t start = data[0] - first;
        for (int64_t k = start; k < start + length; ++k) body(k);
      },
      1);
}

}  // namespace
