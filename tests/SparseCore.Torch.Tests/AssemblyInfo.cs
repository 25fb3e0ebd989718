// Tests count the tensors of the whole process, and libtorch's threads share the cores.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
