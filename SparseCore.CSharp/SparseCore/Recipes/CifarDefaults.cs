namespace SparseCore.Recipes;

/// <summary>The usual settings of the field's CIFAR networks.</summary>
public static class CifarDefaults
{
    /// <summary>ResNet-20 (He et al. 2016, section 4.2): 64,000 steps of 128, learning rate 0.1, a tenth of it from 32,000 and again from 48,000 on, weight decay 1e-4.</summary>
    public static GeneralDefaults ResNet20 { get; } = new() { Epochs = 164, Drops = [(0.5, 0.1), (0.75, 0.01)] };

    /// <summary>Wide residual networks (Zagoruyko and Komodakis 2016): 200 epochs, learning rate 0.1, a fifth of it from epochs 60, 120 and 160 on, weight decay 5e-4, Nesterov.</summary>
    public static GeneralDefaults WideResNet { get; } =
        new() { Epochs = 200, L2 = 2.5e-4, Nesterov = true, Drops = [(0.3, 0.2), (0.6, 0.04), (0.8, 0.008)] };
}
