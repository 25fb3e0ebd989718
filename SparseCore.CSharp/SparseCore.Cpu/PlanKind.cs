namespace SparseCore.Cpu;

/// <summary>What an execution plan is for.</summary>
internal enum PlanKind
{
    /// <summary>Training and evaluation: what follows a layer is fused into it.</summary>
    Training,

    /// <summary>The point at which a curvature is taken: layers are linear maps by themselves.</summary>
    Point,

    /// <summary>As the point, with a direction for parameters; what its layers send back is added to what those of the point sent.</summary>
    Direction,
}
