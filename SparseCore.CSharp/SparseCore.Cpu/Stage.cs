using SparseCore.Engine;

namespace SparseCore.Cpu;

/// <summary>One step of an execution plan: a layer with the operations fused into it, or an operation without weights.</summary>
/// <param name="name">The node that gives the stage its name in messages.</param>
/// <param name="tensors">What it reads and writes.</param>
internal abstract class Stage(string name, StageTensors tensors)
{
    /// <summary>The node that gives the stage its name.</summary>
    public string Name { get; } = name;

    /// <summary>What it reads and writes.</summary>
    public StageTensors Tensors { get; } = tensors;

    /// <summary>Index of the tensor it reads.</summary>
    public int Input => Tensors.Input;

    /// <summary>Index of the tensor it writes.</summary>
    public int Output => Tensors.Output;

    /// <summary>Bytes of pooling positions to keep between the passes.</summary>
    public virtual int PositionBytes => 0;

    /// <summary>Floats of scratch needed.</summary>
    public virtual long ScratchFloats => 0;

    /// <summary>Floats of weight gradients in 16 lanes needed.</summary>
    public virtual long SumFloats(GradientScope scope) => 0;

    /// <summary>Chooses how to compute; to be called when the masks have changed.</summary>
    public virtual void Rebuild()
    {
    }

    /// <summary>Computes the output of the first <paramref name="blocks"/> blocks of 16 examples.</summary>
    public abstract void Forward(Workspace workspace, int blocks);

    /// <summary>
    /// Computes how the output changes where the input changes, of a stage without parameters. Unless told otherwise it is linear: what it does to values it does to
    /// their changes.
    /// </summary>
    /// <param name="point">The values at which it is taken.</param>
    /// <param name="tangents">Their changes; those of the output are written.</param>
    /// <param name="blocks">Blocks of 16 examples in use.</param>
    public virtual void ForwardTangent(Workspace point, Workspace tangents, int blocks) => Forward(tangents, blocks);

    /// <summary>
    /// From the gradient of the output, computes the gradient of the input (unless the input is the examples) and of the weights.
    /// The output's gradient may be overwritten.
    /// </summary>
    /// <param name="workspace">The slice's memory.</param>
    /// <param name="blocks">Blocks of 16 examples in use.</param>
    /// <param name="slice">Which slice's weight gradients to write.</param>
    /// <param name="scope">Whether gradients of masked weights are wanted, too.</param>
    public abstract void Backward(Workspace workspace, int blocks, int slice, GradientScope scope);
}
