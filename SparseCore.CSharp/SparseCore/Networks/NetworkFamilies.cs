namespace SparseCore.Networks;

/// <summary>The networks that plans and settings can name.</summary>
public static class NetworkFamilies
{
    /// <summary>All families by name. A script adds its own before it makes or reads a plan that names it.</summary>
    public static Registry<NetworkFamily> Registry { get; } = new Registry<NetworkFamily>("network", "networks", "NetworkFamilies.Registry.Add(name, family)")
        .Add("lenet5", new NetworkFamily(plan => LeNet5.Create(plan.Widths, plan.Input, plan.Classes), LeNet5.PaperWidths) { SmallDenseWidths = LeNet5.SmallDenseWidths })
        .Add("lenet300", new NetworkFamily(plan => LeNet300.Create(plan.Widths, plan.Input, plan.Classes), LeNet300.PaperWidths) { SmallDenseWidths = LeNet300.SmallDenseWidths })
        .Add("vgg16", new NetworkFamily(plan => Vgg16.Create(plan.Widths, plan.Input, plan.Classes, batchNorm: false), Vgg16.PaperWidths))
        .Add("vgg16-bn", new NetworkFamily(plan => Vgg16.Create(plan.Widths, plan.Input, plan.Classes, batchNorm: true), Vgg16.PaperWidths))
        .Add("vgg16-classic", new NetworkFamily(plan => Vgg16.CreateClassic(plan.Widths, plan.Input, plan.Classes, batchNorm: false), Vgg16.ClassicWidths))
        .Add("vgg16-classic-bn", new NetworkFamily(plan => Vgg16.CreateClassic(plan.Widths, plan.Input, plan.Classes, batchNorm: true), Vgg16.ClassicWidths))
        .Add("resnet50", new NetworkFamily(plan => ResNet50.Create(plan.Widths, plan.Input, plan.Classes, smallImages: false), ResNet50.PaperWidths))
        .Add("resnet50-small", new NetworkFamily(plan => ResNet50.Create(plan.Widths, plan.Input, plan.Classes, smallImages: true), ResNet50.PaperWidths));

    /// <summary>The plan of a network by name, with the family's defaults for what is left out.</summary>
    /// <param name="name">A registered name.</param>
    /// <param name="input">Shape of one example.</param>
    /// <param name="classes">Number of classes.</param>
    /// <param name="widths">Channels and neurons of the hidden layers; null for the usual ones.</param>
    /// <exception cref="UnregisteredNameException">The name is unknown; the message lists the known ones.</exception>
    public static NetworkPlan Plan(string name, Shape input, int classes, IReadOnlyList<int>? widths = null) =>
        new(name, widths ?? Registry.Find(name).Widths, input, classes);
}
