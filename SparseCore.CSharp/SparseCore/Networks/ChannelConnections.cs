namespace SparseCore.Networks;

/// <summary>How the channels that an operation produces depend on those it reads.</summary>
public enum ChannelConnections
{
    /// <summary>Through its weights: a channel of the output on every channel of the input that an active weight connects it with.</summary>
    Weights,

    /// <summary>Channel c of the output on channel c of every input.</summary>
    SameChannel,

    /// <summary>The positions of one channel of the input become neighboring channels of the output.</summary>
    Positions,
}
