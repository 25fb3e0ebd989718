namespace SparseCore.Data;

/// <summary>How the views of small training images differ.</summary>
public enum Augmentation
{
    /// <summary>Every epoch shows the same images.</summary>
    None,

    /// <summary>Shifted by up to 4 pixels in each direction; what comes in from outside is black.</summary>
    Shift,

    /// <summary>Shifted, and mirrored left to right with probability 1/2: for images whose mirror image is of the same class, not for digits.</summary>
    ShiftAndFlip,
}
