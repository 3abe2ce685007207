// Values of partials.

#include <ATen/ops/empty_like.h>

namespace {

// Whether parameters are numbers of a shorter type.
bool exact(TensorList parameters, ScalarType type) {
  for (const Tensor& p : parameters) {
    const ScalarType own = p.scalar_type();
    if (own != type && !p.equal(p.to(type).to(own))) return false;
  }
  return true;
}

// Type to compute in: that of x, but single precision for 16 bits without functions.
ScalarType inner_of(const Kernel& kernel, const Names& names, ScalarType x,
                    ScalarType wanted, TensorList parameters) {
  const ScalarType arithmetic = arithmetic_of(x);
  if (arithmetic == x) return x;
  for (const int64_t k : names) {
    if (kernel.partials[k][format_of(x)] == nullptr) return arithmetic;
  }
  const bool fits = wanted == x && (!kernel.accurate || exact(parameters, x));
  return fits ? x : arithmetic;
}

void check(const Kernel& kernel, const Tensor& x, TensorList parameters) {
  TORCH_CHECK(parameters.size() == kernel.parameters, "'", kernel.key, "' has ",
              kernel.parameters, " parameters, not ", parameters.size());
  for (const Tensor& p : parameters) {
    TORCH_CHECK(p.numel() == 1 || at::is_expandable_to(p.sizes(), x.sizes()),
                "a parameter of shape ", p.sizes(), " does not expand to x of shape ",
                x.sizes());
  }
}

bool joint(const Kernel& kernel, const Names& names, size_t format) {
  if (names.size() < 2 || names.size() != kernel.names.size()) return false;
  for (size_t k = 0; k < names.size(); ++k) {
    if (names[k] != static_cast<int64_t>(k)) return false;
  }
  return kernel.joint[format] != nullptr;
}

void values(const Task& task, const Names& names, TensorList results) {
  const size_t format = format_of(task.type);
  const size_t parameters = task.kernel.parameters;
  const bool converted = results[0].scalar_type() != task.type;
  const bool together = joint(task.kernel, names, format);
  const int64_t from = c10::elementSize(task.type);
  const int64_t to = c10::elementSize(results[0].scalar_type());
  c10::SmallVector<char*, 6> data;
  for (const Tensor& each : results) {
    data.push_back(static_cast<char*>(each.mutable_data_ptr()));
  }
  Pieces(task).each([&](int64_t, int64_t first, int64_t count) {
    Reader reader(task);
    std::vector<Buffer> rooms(converted ? names.size() : 0);
    c10::SmallVector<void*, 6> out(names.size());
    reader.start(first);
    const int64_t step = reader.whole() && !converted ? count : BLOCK;
    for (const int64_t end = first + count; first < end; first += step) {
      const int64_t n = std::min(step, end - first);
      reader.block(first, n);
      const void* const x = reader.input(0, first, n);
      for (size_t k = 0; k < names.size(); ++k) {
        out[k] = converted ? rooms[k].get() : data[k] + first * from;
        if (together) continue;
        const void* const function = task.kernel.partials[names[k]][format];
        call(function, parameters, n, x, reader.arguments, out[k]);
      }
      if (together) {
        const void* const function = task.kernel.joint[format];
        call(function, parameters, n, x, reader.arguments, out.data());
      }
      for (size_t k = 0; k < names.size() && converted; ++k) {
        convert(out[k], task.type, n, results[k].scalar_type(), data[k] + first * to);
      }
    }
  });
}

std::vector<Tensor> computed(const Kernel& kernel, const Names& names, const Tensor& x,
                             TensorList parameters, ScalarType dtype) {
  check(kernel, x, parameters);
  std::vector<Tensor> results;
  for (size_t k = 0; k < names.size(); ++k) {
    results.push_back(at::empty_like(x, x.options().dtype(dtype)));
  }
  if (x.numel() == 0) return results;
  const ScalarType type = inner_of(kernel, names, x.scalar_type(), dtype, parameters);
  const ScalarType parameter = kernel.accurate ? type : arithmetic_of(type);
  const Task task = task_of(kernel, type, parameter, results[0], {&x}, parameters);
  values(task, names, results);
  return results;
}

// Whether all is one call: elements without gaps, few of them or for one thread, and each
// parameter one number of the type that the functions take. Most of what small tensors
// cost is saved here.
bool simple(const Kernel& kernel, const Tensor& x, TensorList parameters,
            Arguments& given) {
  if (parameters.size() != kernel.parameters || !x.is_contiguous()) return false;
  const ScalarType own = x.scalar_type();
  const ScalarType type = kernel.accurate ? own : arithmetic_of(own);
  for (size_t k = 0; k < parameters.size(); ++k) {
    const Tensor& p = parameters[k];
    if (p.numel() != 1 || p.scalar_type() != type) return false;
    given[2 * k] = reinterpret_cast<uintptr_t>(p.const_data_ptr());
    given[2 * k + 1] = 0;
  }
  return x.numel() > 0 && (x.numel() < MANY || at::get_num_threads() == 1);
}

std::vector<Tensor> evaluate(const Tensor& x, TensorList parameters,
                             std::string_view key, std::string_view names,
                             ScalarType dtype) {
  const Kernel& kernel = kernel_of(key);
  return computed(kernel, numbers_of(kernel, names), x, parameters, dtype);
}

Tensor activation(const Tensor& x, TensorList parameters, std::string_view key) {
  const Kernel& kernel = kernel_of(key);
  const void* const function = kernel.partials[0][format_of(x.scalar_type())];
  Arguments given;
  if (function == nullptr || !simple(kernel, x, parameters, given)) {
    return computed(kernel, {0}, x, parameters, x.scalar_type())[0];
  }
  const Tensor result = at::empty_like(x);
  call(function, kernel.parameters, x.numel(), x.const_data_ptr(), given,
       result.mutable_data_ptr());
  return result;
}

}  // namespace
