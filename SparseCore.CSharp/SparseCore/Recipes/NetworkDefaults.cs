using SparseCore.Networks;
using SparseCore.Plans;

namespace SparseCore.Recipes;

/// <summary>
/// How runs of a network usually look: what an <see cref="Experiment"/> leaves out. A script registers its own with its network:
/// <c>NetworkDefaults.Registry.Add("my-net", new GeneralDefaults { Sparsity = 0.95 })</c>. Networks without defaults of their own take <see cref="GeneralDefaults"/>.
/// </summary>
public abstract record NetworkDefaults
{
    /// <summary>The defaults of every network that has some, by the name of its family.</summary>
    public static Registry<NetworkDefaults> Registry { get; } =
        new Registry<NetworkDefaults>("network with defaults", "networks with defaults", "NetworkDefaults.Registry.Add(name, defaults)")
            .Add("lenet5", LeNetDefaults.LeNet5)
            .Add("lenet300", LeNetDefaults.LeNet300)
            .Add("vgg16", ImageNetDefaults.Vgg16)
            .Add("vgg16-bn", ImageNetDefaults.Vgg16)
            .Add("vgg16-classic", ImageNetDefaults.Vgg16)
            .Add("vgg16-classic-bn", ImageNetDefaults.Vgg16)
            .Add("resnet50", ImageNetDefaults.ResNet50)
            .Add("resnet50-small", ImageNetDefaults.ResNet50)
            .Add("resnet20", CifarDefaults.ResNet20)
            .Add("wrn", CifarDefaults.WideResNet)
            .Add("wrn22-2", CifarDefaults.WideResNet);

    /// <summary>Examples of each data set on which paths between networks are measured; null for all.</summary>
    public int? PathExamples { get; init; }

    /// <summary>Whether the paper's published code has runs of it, which the preset paper-code follows.</summary>
    public bool HasPaperCode { get; init; }

    /// <summary>
    /// Whether the seeds of a derived method share pruning solution 1, whose own seeds differ, as the paper does for VGG16 and ResNet-50; otherwise seed k belongs to
    /// solution k, so that cells vary everything a researcher would vary.
    /// </summary>
    public bool SharesSolution { get; init; }

    /// <summary>Whether the paper's Table 3 has all groups of it: scratch runs of one initialization and restarts besides the others.</summary>
    public bool HasAllTicketGroups { get; init; } = true;

    /// <summary>Threads that a run uses best: as many as there are where one run fills the memory, otherwise one, with runs side by side.</summary>
    public bool FillsMachine { get; init; }

    /// <summary>The defaults of an experiment's network.</summary>
    /// <exception cref="PlanException">The network is unknown.</exception>
    public static NetworkDefaults Of(Experiment experiment) => Of(experiment.Network, experiment.Description is not null);

    /// <summary>The defaults of a network by its name; the general ones where it has none of its own.</summary>
    public static NetworkDefaults Of(string network) => Of(network, isDescribed: true);

    /// <summary>The defaults of a network by the name that its plan has.</summary>
    public static NetworkDefaults Of(NetworkPlan network) => Of(network.Name, isDescribed: true);

    /// <summary>The settings of an experiment's runs.</summary>
    /// <exception cref="PlanException">The experiment asks for what this network does not have.</exception>
    public abstract RecipeSettings Settings(Experiment experiment);

    private static NetworkDefaults Of(string network, bool isDescribed)
    {
        try
        {
            if (!isDescribed)
            {
                NetworkFamilies.Registry.Find(network);
            }
        }
        catch (UnregisteredNameException error)
        {
            throw new PlanException(ErrorText.Of(error), error);
        }

        return Registry.Contains(network) ? Registry.Find(network) : GeneralDefaults.Usual;
    }
}
