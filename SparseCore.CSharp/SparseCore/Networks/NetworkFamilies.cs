namespace SparseCore.Networks;

/// <summary>The networks that plans and settings can name.</summary>
public static class NetworkFamilies
{
    /// <summary>All families by name. A script adds its own before it makes a plan that names it.</summary>
    public static Registry<NetworkFamily> Registry { get; } = new Registry<NetworkFamily>("network", "networks", "NetworkFamilies.Registry.Add(name, family)")
        .Add("lenet5", Own(plan => LeNet5.Create(plan.Widths, plan.Input, plan.Classes), LeNet5.PaperWidths) with { SmallDenseWidths = LeNet5.SmallDenseWidths })
        .Add("lenet300", Own(plan => LeNet300.Create(plan.Widths, plan.Input, plan.Classes), LeNet300.PaperWidths) with { SmallDenseWidths = LeNet300.SmallDenseWidths })
        .Add("vgg16", Own(plan => Vgg16.Create(plan.Widths, plan.Input, plan.Classes, batchNorm: false), Vgg16.PaperWidths))
        .Add("vgg16-bn", Own(plan => Vgg16.Create(plan.Widths, plan.Input, plan.Classes, batchNorm: true), Vgg16.PaperWidths))
        .Add("vgg16-classic", Own(plan => Vgg16.CreateClassic(plan.Widths, plan.Input, plan.Classes, batchNorm: false), Vgg16.ClassicWidths))
        .Add("vgg16-classic-bn", Own(plan => Vgg16.CreateClassic(plan.Widths, plan.Input, plan.Classes, batchNorm: true), Vgg16.ClassicWidths))
        .Add("resnet50", Own(plan => ResNet50.Create(plan.Widths, plan.Input, plan.Classes, smallImages: false), ResNet50.PaperWidths))
        .Add("resnet50-small", Own(plan => ResNet50.Create(plan.Widths, plan.Input, plan.Classes, smallImages: true), ResNet50.PaperWidths))
        .Add("resnet20", Own(plan => ResNet20.Create(plan.Widths, plan.Input, plan.Classes), ResNet20.PaperWidths))
        .Add("wrn", Own(Wide, WideResNet.PaperWidths) with { HasDepth = true, Depth = 28, HasWidening = true, Widening = 10 })
        .Add("wrn22-2", Own(plan => Wide(plan with { Depth = 22, Widening = 2 }), WideResNet.PaperWidths));

    /// <summary>The plan of a network by name, with the family's defaults for what is left out.</summary>
    /// <param name="name">A registered name.</param>
    /// <param name="input">Shape of one example.</param>
    /// <param name="classes">Number of classes.</param>
    /// <param name="widths">Channels and neurons of the hidden layers; null for the usual ones.</param>
    /// <param name="depth">Layers; null for the usual depth, or where the family has none.</param>
    /// <param name="widening">Factor of the widths; null for the usual one, or where the family has none.</param>
    /// <exception cref="UnregisteredNameException">The name is unknown; the message lists the known ones.</exception>
    /// <exception cref="ArgumentException">The family stores its graph, and cannot build it.</exception>
    public static NetworkPlan Plan(string name, Shape input, int classes, IReadOnlyList<int>? widths = null, int? depth = null, int? widening = null)
    {
        var family = Registry.Find(name);
        var plan = new NetworkPlan(name, widths ?? family.Widths, input, classes)
        {
            Depth = depth ?? family.Depth,
            Widening = widening ?? family.Widening,
        };
        return family.StoresGraph ? NetworkPlan.Of(plan.Build()) with { Name = name } : plan;
    }

    private static Network Wide(NetworkPlan plan) => WideResNet.Create(plan.Widths, plan.Depth!.Value, plan.Widening!.Value, plan.Input, plan.Classes);

    private static NetworkFamily Own(Func<NetworkPlan, Network> build, IReadOnlyList<int> widths) => new(build, widths) { StoresGraph = false };
}
