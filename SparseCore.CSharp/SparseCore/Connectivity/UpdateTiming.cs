namespace SparseCore.Connectivity;

/// <summary>Where in a moment (g steps done) masks are updated. The order of a moment is: AfterStep, checkpoint g, log g, BeforeStep, then step g.</summary>
public enum UpdateTiming
{
    /// <summary>Before the moment's checkpoint and log, which show the new masks: dynamic sparse training, after the step whose batch may serve as signal.</summary>
    AfterStep,

    /// <summary>After the moment's checkpoint and log, which show the old masks: pruning, before the step that trains what is left.</summary>
    BeforeStep,
}
