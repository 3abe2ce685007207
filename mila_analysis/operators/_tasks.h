// Calls of compiled functions on tensors, shared out in pieces and read in blocks.

namespace {

size_t format_of(ScalarType type) {
  switch (type) {
    case ScalarType::Double: return 0;
    case ScalarType::Float: return 1;
    case ScalarType::Half: return 2;
    case ScalarType::BFloat16: return 3;
    default: TORCH_CHECK_TYPE(false, "real numbers of 16, 32 or 64 bits, not ", type);
  }
}

ScalarType arithmetic_of(ScalarType type) {
  return type == ScalarType::Double ? ScalarType::Double : ScalarType::Float;
}

// Each parameter as the C functions take it: an address, and the step 0 or 1.
using Arguments = std::array<uintptr_t, 2 * MOST_PARAMETERS>;

template <size_t>
using Word = uintptr_t;
template <size_t N>
using Words = std::make_index_sequence<2 * N>;

template <size_t... I, class... Tail>
void call_with(const void* function, int64_t count, const void* x,
               const Arguments& given, std::index_sequence<I...>, Tail... tail) {
  using Function = void (*)(size_t, const void*, Word<I>..., Tail...);
  const auto callable = reinterpret_cast<Function>(const_cast<void*>(function));
  callable(count, x, given[I]..., tail...);
}

template <class... Tail>
void call(const void* function, size_t parameters, int64_t count, const void* x,
          const Arguments& given, Tail... tail) {
#define MILA_CALL(N) \
  case N: return call_with(function, count, x, given, Words<N>(), tail...)
  switch (parameters) {
    MILA_CALL(0);
    MILA_CALL(1);
    MILA_CALL(2);
    MILA_CALL(3);
    MILA_CALL(4);
    MILA_CALL(5);
    MILA_CALL(6);
    MILA_CALL(7);
    MILA_CALL(8);
  }
#undef MILA_CALL
}

using Operands = c10::SmallVector<Operand, 3>;

// A call of a kernel on tensors: the types of its functions, and how the tensors lie.
struct Task {
  const Kernel& kernel;
  ScalarType type;       // of x and of the results of a function
  ScalarType parameter;  // of its parameters
  Grid grid;
  Operands inputs;      // x, and g where there is one
  Operands parameters;  // along the same grid
  Operands places;      // tensors of their shapes without gaps, to add to
  int64_t run;          // elements that follow each other under the same parameters

  bool constant(size_t k) const { return run < grid.count || !parameters[k].varies(); }
  bool direct(const Operand& input) const {
    return input.type == type && grid.flat(input);
  }
};

// Runs of a row are not worth a call each if they are short: parameters vary then.
int64_t run_of(const Grid& grid, const Operands& parameters) {
  int64_t run = 1;
  for (size_t d = grid.sizes.size(); d-- > 0; run *= grid.sizes[d]) {
    for (const Operand& each : parameters) {
      if (each.strides[d] != 0) return run < RUN ? grid.count : run;
    }
  }
  return run;
}

Task task_of(const Kernel& kernel, ScalarType type, ScalarType parameter,
             const Tensor& result, c10::ArrayRef<const Tensor*> inputs,
             TensorList parameters, TensorList places = {}) {
  Task task{kernel, type, parameter, {}, {}, {}, {}, 0};
  c10::SmallVector<const Tensor*, 4> tensors(inputs.begin(), inputs.end());
  bool plain = true;
  for (const Tensor* each : inputs) {
    task.inputs.push_back(operand(*each));
    plain = plain && each->is_contiguous();
  }
  for (const Tensor& each : parameters) {
    task.parameters.push_back(operand(each));
    tensors.push_back(&each);
    plain = plain && each.numel() == 1;
  }
  for (const Tensor& each : places) {
    task.places.push_back(operand(each));
    tensors.push_back(&each);
  }
  c10::SmallVector<Operand*, 4> operands;
  for (Operand& each : task.inputs) operands.push_back(&each);
  for (Operand& each : task.parameters) operands.push_back(&each);
  for (Operand& each : task.places) operands.push_back(&each);
  const int64_t count = result.numel();
  task.grid = plain ? line(count, operands) : grid_of(result, tensors, operands);
  task.run = plain ? count : run_of(task.grid, task.parameters);
  return task;
}

// The elements of a task in pieces that no run is shared by; a piece has its own sums.
struct Pieces {
  int64_t run, length, of_run, count;
  bool worth;  // more than one thread

  explicit Pieces(const Task& task)
      : run(task.run),
        length(std::min(run, CHUNK)),
        of_run((run + length - 1) / length),
        count(task.grid.count / run * of_run),
        worth(task.grid.count >= MANY) {}

  // Calls body(piece, first element, number of elements), in parallel.
  template <class Body>
  void each(const Body& body) const {
    const int64_t group = std::max<int64_t>(1, CHUNK / length);
    in_parallel((count + group - 1) / group, worth, [&](int64_t unit) {
      for (int64_t k = unit * group; k < std::min(count, (unit + 1) * group); ++k) {
        const int64_t within = k % of_run * length;
        body(k, k / of_run * run + within, std::min(length, run - within));
      }
    });
  }
};

// Room for a block of numbers, made when it is asked for.
class Buffer {
 public:
  void* get() {
    if (!room_) room_.reset(new double[BLOCK]);
    return room_.get();
  }

 private:
  std::unique_ptr<double[]> room_;
};

// What the C functions are given, a block of a piece after the other.
class Reader {
 public:
  explicit Reader(const Task& task) : task_(task) {
    for (const Operand& each : task.inputs) {
      direct_.push_back(task.direct(each));
      whole_ = whole_ && direct_.back();
    }
    for (size_t k = 0; k < task.parameters.size(); ++k) {
      whole_ = whole_ && task.constant(k);
    }
  }

  // Whether a piece needs no blocks.
  bool whole() const { return whole_; }

  void start(int64_t first) {
    for (size_t k = 0; k < task_.parameters.size(); ++k) {
      if (!task_.constant(k)) continue;
      const Operand& p = task_.parameters[k];
      const bool one = p.count == 1;
      const int64_t at = one ? 0 : offset(task_.grid.position(first), p.strides);
      const char* const value = p.data + at * c10::elementSize(p.type);
      arguments[2 * k] = reinterpret_cast<uintptr_t>(value);
      arguments[2 * k + 1] = 0;
      if (p.type == task_.parameter) continue;
      convert(value, p.type, 1, task_.parameter, &cells_[k]);
      arguments[2 * k] = reinterpret_cast<uintptr_t>(&cells_[k]);
    }
  }

  void block(int64_t first, int64_t count) {
    for (size_t k = 0; k < task_.parameters.size(); ++k) {
      if (task_.constant(k)) continue;
      void* const room = rooms_[k].get();
      gather(task_.parameters[k], task_.grid, first, count, task_.parameter, room);
      arguments[2 * k] = reinterpret_cast<uintptr_t>(room);
      arguments[2 * k + 1] = task_.parameters[k].varies() ? 1 : 0;
    }
  }

  // Block of x, or of g.
  const void* input(size_t which, int64_t first, int64_t count) {
    const Operand& given = task_.inputs[which];
    if (direct_[which]) return given.data + first * c10::elementSize(given.type);
    void* const room = rooms_[MOST_PARAMETERS + which].get();
    gather(given, task_.grid, first, count, task_.type, room);
    return room;
  }

  Arguments arguments{};

 private:
  const Task& task_;
  bool whole_ = true;
  c10::SmallVector<bool, 2> direct_;
  std::array<double, MOST_PARAMETERS> cells_;
  std::array<Buffer, MOST_PARAMETERS + 2> rooms_;
};

}  // namespace
