// The gradient of f in x and in parameters, times what backward gives.

#include <ATen/ops/zeros.h>

namespace {

template <class T>
void multiply(const void* slope, const void* g, int64_t count, void* to) {
  const T *a = static_cast<const T*>(slope), *b = static_cast<const T*>(g);
  T* const out = static_cast<T*>(to);
  for (int64_t i = 0; i < count; ++i) out[i] = a[i] * b[i];
}

// Eight sums side by side, as one waits for itself.
template <class T>
double dot(const void* slope, const void* g, int64_t count) {
  const T *a = static_cast<const T*>(slope), *b = static_cast<const T*>(g);
  double lanes[8] = {};
  int64_t i = 0;
  for (; i + 8 <= count; i += 8) {
    for (int k = 0; k < 8; ++k) lanes[k] += static_cast<double>(a[i + k]) * b[i + k];
  }
  double sum = 0.0;
  for (; i < count; ++i) sum += static_cast<double>(a[i]) * b[i];
  for (const double lane : lanes) sum += lane;
  return sum;
}

// Adds products to the elements of a parameter that they belong to.
template <class T>
void scatter(const Grid& grid, const Operand& place, int64_t first, int64_t count,
             const void* slope, const void* g, double* sums) {
  const T *a = static_cast<const T*>(slope), *b = static_cast<const T*>(g);
  const int64_t step = place.strides.back();
  rows(grid, place.strides, first, count, [&](int64_t at, int64_t length) {
    if (step == 0) {
      sums[at] += dot<T>(a, b, length);
    } else {
      for (int64_t i = 0; i < length; ++i) {
        sums[at + i * step] += static_cast<double>(a[i]) * b[i];
      }
    }
    a += length;
    b += length;
  });
}

// The gradient in x, and in parameters that are asked for.
class Gradient {
 public:
  Gradient(const Task& task, const Tensor& x, const std::vector<Tensor>& of_parameters)
      : task_(task),
        pieces_(task),
        fused_(task.kernel.gradient[format_of(task.type)]),
        x_(x) {
    for (size_t k = 0; k < of_parameters.size(); ++k) {
      const Tensor& result = of_parameters[k];
      Column each;
      each.result = result;
      if (result.defined()) {
        each.width = task.constant(k) ? 1 : result.numel();
        each.dense = each.width > 1 && each.width * pieces_.count > task.grid.count;
        if (each.dense) each.products = at::empty_like(x, x.options().dtype(task.type));
        if (!each.dense) each.sums.resize(each.width * pieces_.count);
        constant_ = constant_ || task.constant(k);
        varying_ = varying_ || !task.constant(k);
      }
      columns_.push_back(std::move(each));
    }
  }

  void run(bool with_x) {
    pieces_.each([&](int64_t piece, int64_t first, int64_t count) {
      if (task_.type == ScalarType::Double) {
        this->piece<double>(piece, first, count, with_x);
      } else {
        this->piece<float>(piece, first, count, with_x);
      }
    });
    for (size_t k = 0; k < columns_.size(); ++k) {
      if (columns_[k].result.defined()) finish(columns_[k], task_.places[k]);
    }
  }

 private:
  struct Column {
    Tensor result, products;
    int64_t width = 0;  // sums of a piece
    bool dense = false;
    std::vector<double> sums;
  };

  // What the functions are given, and room for slopes.
  struct Block {
    int64_t piece, first, count;
    const void *x, *g;
    Reader& reader;
    Buffer& slopes;
  };

  template <class T>
  void piece(int64_t piece, int64_t first, int64_t count, bool with_x) {
    const bool converted = with_x && x_.scalar_type() != task_.type;
    const int64_t size = c10::elementSize(x_.scalar_type());
    char* const data = with_x ? static_cast<char*>(x_.mutable_data_ptr()) : nullptr;
    Reader reader(task_);
    Buffer slopes, rounded;
    reader.start(first);
    const bool whole = reader.whole() && !converted && !varying_ && fused_ != nullptr;
    const int64_t step = whole ? count : BLOCK;
    for (const int64_t end = first + count; first < end; first += step) {
      const int64_t n = std::min(step, end - first);
      reader.block(first, n);
      const void* const x = reader.input(0, first, n);
      const void* const g = reader.input(1, first, n);
      char* const place = with_x ? data + first * size : nullptr;
      void* const to = converted ? rounded.get() : place;
      block<T>({piece, first, n, x, g, reader, slopes}, to);
      if (converted) convert(to, task_.type, n, x_.scalar_type(), place);
    }
  }

  template <class T>
  void block(const Block& block, void* of_x) {
    std::array<double, MOST_PARAMETERS> sums;
    if (fused_ != nullptr && (of_x != nullptr || constant_)) {
      call(fused_, task_.kernel.parameters, block.count, block.x,
           block.reader.arguments, block.g, of_x, constant_ ? sums.data() : nullptr);
    } else if (of_x != nullptr) {
      multiply<T>(slope(block, 0), block.g, block.count, of_x);
    }
    for (size_t k = 0; k < columns_.size(); ++k) {
      Column& column = columns_[k];
      if (!column.result.defined()) continue;
      if (!task_.constant(k)) {
        vary<T>(block, k);
      } else if (fused_ != nullptr) {
        column.sums[block.piece] += sums[k];
      } else {
        column.sums[block.piece] += dot<T>(slope(block, k + 1), block.g, block.count);
      }
    }
  }

  // A parameter that differs from element to element.
  template <class T>
  void vary(const Block& block, size_t k) {
    Column& column = columns_[k];
    const void* const found = slope(block, k + 1);
    if (column.dense) {
      T* const data = static_cast<T*>(column.products.mutable_data_ptr());
      multiply<T>(found, block.g, block.count, data + block.first);
    } else {
      double* const own = column.sums.data() + block.piece * column.width;
      scatter<T>(task_.grid, task_.places[k], block.first, block.count, found, block.g,
                 own);
    }
  }

  const void* slope(const Block& block, size_t variable) const {
    const Kernel& kernel = task_.kernel;
    call(kernel.partials[kernel.derivative(0, variable)][format_of(task_.type)],
         kernel.parameters, block.count, block.x, block.reader.arguments,
         block.slopes.get());
    return block.slopes.get();
  }

  // Adds the pieces in their order, so that threads change nothing.
  void finish(Column& column, const Operand& place) const {
    Tensor& result = column.result;
    if (column.dense) {
      result.copy_(column.products.sum_to_size(result.sizes()));
      return;
    }
    std::vector<double> totals(result.numel());
    for (int64_t piece = 0; piece < pieces_.count; ++piece) {
      const int64_t first = piece / pieces_.of_run * pieces_.run;
      const bool one = column.width > 1 || totals.size() == 1;
      const int64_t at = one ? 0 : offset(task_.grid.position(first), place.strides);
      for (int64_t i = 0; i < column.width; ++i) {
        totals[at + i] += column.sums[piece * column.width + i];
      }
    }
    convert(totals.data(), ScalarType::Double, result.numel(), result.scalar_type(),
            result.mutable_data_ptr());
  }

  const Task& task_;
  const Pieces pieces_;
  const void* const fused_;  // function for all at once; null: the file has none
  const Tensor x_;
  std::vector<Column> columns_;
  bool constant_ = false, varying_ = false;
};

// Whether parameters that are asked for differ from element to element.
bool varying(const std::vector<Tensor>& wanted) {
  for (const Tensor& each : wanted) {
    if (each.defined() && each.numel() > 1) return true;
  }
  return false;
}

std::vector<Tensor> gradient_at_once(const Kernel& kernel, const Tensor& x,
                                     TensorList parameters, const Tensor& g,
                                     at::IntArrayRef variables,
                                     const Arguments& given) {
  std::vector<Tensor> results;
  std::array<double, MOST_PARAMETERS> sums{}, own;
  char* of_x = nullptr;
  double* of_parameters = nullptr;
  for (const int64_t k : variables) {
    results.push_back(at::empty_like(k == 0 ? x : parameters.at(k - 1)));
    if (k == 0) of_x = static_cast<char*>(results.back().mutable_data_ptr());
    if (k > 0) of_parameters = own.data();
  }
  // sums of many elements are those of the same pieces, whatever the threads
  const bool split = of_parameters != nullptr && x.numel() >= MANY;
  const int64_t step = split ? CHUNK : x.numel();
  const int64_t size = c10::elementSize(x.scalar_type());
  const char* const at_x = static_cast<const char*>(x.const_data_ptr());
  const char* const at_g = static_cast<const char*>(g.const_data_ptr());
  for (int64_t first = 0; first < x.numel(); first += step) {
    const int64_t skipped = first * size;
    call(kernel.gradient[format_of(x.scalar_type())], kernel.parameters,
         std::min(step, x.numel() - first), at_x + skipped, given, at_g + skipped,
         of_x == nullptr ? nullptr : of_x + skipped, of_parameters);
    if (of_parameters == nullptr) continue;
    for (size_t k = 0; k < kernel.parameters; ++k) sums[k] += own[k];
  }
  for (size_t i = 0; i < results.size(); ++i) {
    if (variables[i] == 0) continue;
    const ScalarType type = results[i].scalar_type();
    void* const to = results[i].mutable_data_ptr();
    convert(&sums[variables[i] - 1], ScalarType::Double, 1, type, to);
  }
  return results;
}

std::vector<Tensor> gradient_by_pieces(const Kernel& kernel, const Tensor& x,
                                       TensorList parameters, const Tensor& g,
                                       at::IntArrayRef variables, bool fused) {
  const Tensor of_x = at::empty_like(x);
  std::vector<Tensor> of_parameters(kernel.parameters), places, results;
  bool with_x = false;
  for (const int64_t k : variables) {
    with_x = with_x || k == 0;
    if (k > 0) {
      const Tensor& p = parameters.at(k - 1);
      of_parameters[k - 1] = at::zeros(p.sizes(), p.options());
    }
    results.push_back(k == 0 ? of_x : of_parameters[k - 1]);
  }
  if (x.numel() == 0) return results;
  for (size_t k = 0; k < kernel.parameters; ++k) {
    places.push_back(of_parameters[k].defined() ? of_parameters[k] : parameters[k]);
  }
  const ScalarType own = x.scalar_type();
  const ScalarType type = fused && !varying(of_parameters) ? own : arithmetic_of(own);
  const Task task = task_of(kernel, type, arithmetic_of(type), of_x, {&x, &g},
                            parameters, places);
  Gradient(task, of_x, of_parameters).run(with_x);
  return results;
}

std::vector<Tensor> gradient_of(const Kernel& kernel, const Tensor& x,
                                TensorList parameters, const Tensor& g,
                                at::IntArrayRef variables) {
  const size_t format = format_of(x.scalar_type());
  const bool fused = kernel.gradient[format] != nullptr && !kernel.accurate;
  TORCH_CHECK(g.sizes() == x.sizes(), "a gradient of shape ", g.sizes(),
              " beside x of shape ", x.sizes());
  TORCH_CHECK(kernel.derivative(0, 0) >= 0, "'", kernel.key, "' has no derivatives");
  Arguments given;
  if (fused && g.is_contiguous() && g.scalar_type() == x.scalar_type() &&
      simple(kernel, x, parameters, given)) {
    return gradient_at_once(kernel, x, parameters, g, variables, given);
  }
  check(kernel, x, parameters);
  return gradient_by_pieces(kernel, x, parameters, g, variables, fused);
}

std::vector<Tensor> gradient(const Tensor& x, TensorList parameters, const Tensor& g,
                             std::string_view key, at::IntArrayRef variables) {
  return gradient_of(kernel_of(key), x, parameters, g, variables);
}

}  // namespace
