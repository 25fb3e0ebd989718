using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using SparseCore.Connectivity;
using SparseCore.Engine;
using SparseCore.Networks;
using SparseCore.Parameters;
using SparseCore.Schedules;

namespace SparseCore.Plans;

/// <summary>
/// Everything that decides a run, and nothing else: equal plans give equal bits, where the engine of their <see cref="Numerics"/> repeats them. Its hash names the run's folder. Nothing has a hidden default.
/// </summary>
public sealed record TrainingPlan
{
    /// <summary>The version of the plan's format this code reads and writes.</summary>
    public const int CurrentFormat = 1;

    /// <summary>Added to a run's seed for the order of its examples where the run derives from another, whose order it would otherwise repeat.</summary>
    internal const int DerivedSeedOffset = 1000;

    private const int ListedSaves = 20;

    /// <summary>Version of the format.</summary>
    public required int Format { get; init; }

    /// <summary>Readable name, the first part of the folder's name: letters, digits, dots and dashes.</summary>
    public required string Name { get; init; }

    /// <summary>The stage or method, for people and tables: "prune", "lottery", "rigl", ... It decides nothing.</summary>
    public required string Method { get; init; }

    /// <summary>The data.</summary>
    public required DataPlan Data { get; init; }

    /// <summary>The network.</summary>
    public required NetworkPlan Network { get; init; }

    /// <summary>The first masks.</summary>
    public required MaskPlan Mask { get; init; }

    /// <summary>The first weights.</summary>
    public required WeightPlan Weights { get; init; }

    /// <summary>What changes masks while training.</summary>
    public required IMaskUpdater Connectivity { get; init; }

    /// <summary>The optimizer.</summary>
    public required OptimizerPlan Optimizer { get; init; }

    /// <summary>Share a of every training label that is spread evenly over all classes (Szegedy et al. 2016). 0, the usual value, is not written.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public double LabelSmoothing { get; init; }

    /// <summary>Examples in a step.</summary>
    public required int BatchSize { get; init; }

    /// <summary>Length of the run.</summary>
    public required int Steps { get; init; }

    /// <summary>Seed of the order of examples.</summary>
    public required ulong OrderSeed { get; init; }

    /// <summary>
    /// The seed that the run was asked for, as its name says it at its end; <see cref="OrderSeed"/> where the name says none, or one that the order of its
    /// examples does not follow from.
    /// </summary>
    [JsonIgnore]
    public ulong Seed
    {
        get
        {
            const string mark = "-seed";
            var start = Name.LastIndexOf(mark, StringComparison.Ordinal);
            return start >= 0
                && ulong.TryParse(Name.AsSpan(start + mark.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var seed)
                && (OrderSeed == seed || (OrderSeed >= DerivedSeedOffset && OrderSeed - DerivedSeedOffset == seed))
                ? seed
                : OrderSeed;
        }
    }

    /// <summary>What is measured and saved.</summary>
    public required LoggingPlan Logging { get; init; }

    /// <summary>The arithmetic that decides the run's bits, see <see cref="Engine.EngineIdentity.Numerics"/>; null, that of the CPU engine, is not written.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Numerics { get; init; }

    /// <summary>SHA-256 of the canonical JSON, 64 lower-case hex digits.</summary>
    [JsonIgnore]
    public string Hash => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(ToCanonicalJson())));

    /// <summary>The run's folder: name and first 8 hex digits of the hash.</summary>
    [JsonIgnore]
    public string FolderName => $"{Name}-{Hash[..8]}";

    /// <summary>The runs this one derives from, masks first, without repeats.</summary>
    [JsonIgnore]
    public IReadOnlyList<RunReference> Parents
    {
        get
        {
            var parents = new List<RunReference>();
            if (Mask is MaskPlan.FromRun mask)
            {
                parents.Add(mask.Run);
            }

            if (Weights is WeightPlan.FromRun weights && !parents.Contains(weights.Run))
            {
                parents.Add(weights.Run);
            }

            return parents;
        }
    }

    /// <summary>The plan as JSON with fixed order, indentation and number format.</summary>
    public string ToCanonicalJson() => JsonSerializer.Serialize(this, PlanJson.Options) + "\n";

    /// <summary>Reads and validates a plan.</summary>
    /// <exception cref="PlanException">The text is not a plan, or the plan makes no sense.</exception>
    public static TrainingPlan Parse(string json)
    {
        TrainingPlan? plan;
        try
        {
            plan = JsonSerializer.Deserialize<TrainingPlan>(json, PlanJson.Options);
        }
        catch (UnregisteredNameException error)
        {
            throw new PlanException($"The plan cannot be read here: {ErrorText.Of(error)}", error);
        }
        catch (Exception error) when (error is JsonException or NotSupportedException or ArgumentException or PlanException)
        {
            throw new PlanException($"The text is not a training plan: {ErrorText.Of(error)}", error);
        }

        if (plan is null)
        {
            throw new PlanException("The text is not a training plan: expected an object, found null.");
        }

        plan.Validate();
        return plan;
    }

    /// <summary>A reference to a moment of this run.</summary>
    /// <exception cref="PlanException">The run does not save that step.</exception>
    public RunReference At(int step) => Saves(step)
        ? new RunReference(FolderName, Hash, step)
        : throw new PlanException(
            $"Run '{FolderName}' does not save step {step}; it saves every {Logging.SaveInterval} steps up to {Steps}"
            + (Logging.ExtraSaves.Count > 0 ? $" and {string.Join(", ", Logging.ExtraSaves.Take(ListedSaves))}{(Logging.ExtraSaves.Count > ListedSaves ? ", ..." : "")}." : "."));

    /// <summary>A reference to the end of this run.</summary>
    public RunReference AtEnd() => At(Steps);

    /// <summary>Whether the run saves a checkpoint after <paramref name="step"/> steps.</summary>
    public bool Saves(int step) => step >= 0 && step <= Steps && (step == Steps || step % Logging.SaveInterval == 0 || Logging.ExtraSaves.Contains(step));

    /// <summary>The steps after which the run saves a checkpoint, ascending; enumerating costs what is enumerated, however long the run is.</summary>
    public IEnumerable<int> SavedSteps() =>
        Moments.Merge(Moments.Every(0, Steps, Logging.SaveInterval), Logging.ExtraSaves.Where(step => step >= 0 && step <= Steps).Order(), [Steps]);

    /// <summary>
    /// The same plan, which also saves what is needed to look at mask updates from both sides: the checkpoints one step before each, from which the moment before it is one
    /// training step away, and the checkpoints after them.
    /// </summary>
    /// <param name="updates">Steps of mask updates, ascending.</param>
    /// <exception cref="PlanException">A step has no mask update that follows it.</exception>
    public TrainingPlan SavingUpdates(IReadOnlyList<int> updates)
    {
        foreach (var step in updates)
        {
            RequireUpdate(step);
        }

        return SavingAt(updates.SelectMany(step => new[] { step - 1, step }));
    }

    /// <summary>The same plan, which also saves checkpoints after these steps; those that it saves anyway, or that come after its end, change nothing.</summary>
    public TrainingPlan SavingAt(IEnumerable<int> steps)
    {
        var further = steps.Where(step => step >= 0 && step <= Steps && !Saves(step));
        return this with { Logging = Logging with { ExtraSaves = [.. Logging.ExtraSaves.Concat(further).Distinct().Order()] } };
    }

    /// <summary>Refuses a step that no mask update follows.</summary>
    /// <exception cref="PlanException">Says when masks change, or that they do not.</exception>
    public void RequireUpdate(int step)
    {
        if (Connectivity.Timing == UpdateTiming.AfterStep && step >= 1 && step <= Steps && Connectivity.IsUpdate(step))
        {
            return;
        }

        var updates = Connectivity.Timing == UpdateTiming.AfterStep ? Connectivity.UpdateSteps(Steps).Take(ListedSaves + 1).ToArray() : [];
        var found = updates switch
        {
            [] when Connectivity.Timing == UpdateTiming.BeforeStep => "a method that prunes before steps",
            [] => "masks that never change",
            { Length: > ListedSaves } => $"updates at {string.Join(", ", updates.Take(ListedSaves))}, ...",
            _ => $"updates at {string.Join(", ", updates)}",
        };
        throw new PlanException(FormattableString.Invariant($"'{FolderName}': expected a mask update after step {step}, found {found}."));
    }

    /// <summary>How the step is taken that follows <paramref name="step"/> steps.</summary>
    public SgdStep Sgd(int step) =>
        new(Optimizer.LearningRate.At(step), (float)Optimizer.Momentum, (float)Optimizer.L2, Optimizer.Nesterov, (float)LabelSmoothing);

    /// <summary>Whether the run logs after <paramref name="step"/> steps.</summary>
    public bool Logs(int step) => step == Steps || step % Logging.Interval == 0;

    /// <summary>Whether the run evaluates the test set after <paramref name="step"/> steps; it logs there too.</summary>
    public bool Evaluates(int step) => step == Steps || (Logs(step) && step % (Logging.EvaluationInterval ?? Logging.Interval) == 0);

    /// <summary>Checks everything that can be checked without data and parents.</summary>
    /// <exception cref="PlanException">Names the setting, the expected and the found value.</exception>
    public void Validate()
    {
        Require(Format == CurrentFormat, $"format {CurrentFormat} of this version of the toolkit", Format);
        Require(
            Name.Length is > 0 and <= 100 && Name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '.') && Name[0] != '.',
            "a name of letters, digits, dots and dashes",
            $"'{Name}'");
        Require(Steps >= 1, "steps of 1 or more", Steps);
        Require(BatchSize is >= 1 and <= 65536, "a batch size between 1 and 65536", BatchSize);
        Require(Logging.Interval >= 1, "a logging interval of 1 or more", Logging.Interval);
        Require(Logging.SaveInterval >= 1, "a save interval of 1 or more", Logging.SaveInterval);
        Require(Logging.GradientExamples is { First: >= 0, Count: >= 1 }, "gradient examples from 0 on, at least 1", Logging.GradientExamples);
        Require(Optimizer.Momentum is >= 0 and < 1, "a momentum in [0, 1)", Optimizer.Momentum);
        Require(Optimizer.L2 is >= 0 and < double.PositiveInfinity, "an L2 coefficient of 0 or more", Optimizer.L2);
        Require(LabelSmoothing is >= 0 and < 1, "a label smoothing in [0, 1)", LabelSmoothing);
        Require(Logging.EvaluationInterval is null or >= 1, "an evaluation interval of 1 or more", Logging.EvaluationInterval);
        Require(
            Logging.EvaluationInterval is not { } interval || interval % Logging.Interval == 0,
            $"an evaluation interval that is a multiple of the logging interval {Logging.Interval}",
            Logging.EvaluationInterval);
        Require(Logging.TrainExamples is null or >= 1, "at least 1 training example to evaluate", Logging.TrainExamples);
        var learningRate = Optimizer.LearningRate.At(0);
        Require(learningRate is >= 0 and < float.PositiveInfinity, "a learning rate of 0 or more", learningRate);
        ValidateMask();
        if (Connectivity.Mistake(FactsOf(Built())) is { } mistake)
        {
            Require(false, mistake.Expected, mistake.Found);
        }
    }

    /// <summary>
    /// Refuses a plan one of whose schedules never acts: no mask update or pruning step that changes anything, a saved step or a drop of the learning rate beyond
    /// the end. Asked before a run is begun, not when it is read: such runs exist, and are what their plan says.
    /// </summary>
    /// <exception cref="PlanException">Says what would never happen, and which setting to change.</exception>
    public void RequireEffect()
    {
        var network = Network.Build();
        var weights = network.Layers.Sum(layer => layer.WeightCount);
        if (Connectivity.WithoutEffect(FactsOf(network)) is { } without)
        {
            throw NoEffect($"{without}");
        }

        if (Mask is MaskPlan.AtInitialization pruned && TopK.KeepCount(pruned.Sparsity, weights) == weights)
        {
            throw NoEffect($"it would prune nothing: its sparsity is {pruned.Sparsity}. Choose a higher sparsity=, or train the dense network (method=baseline).");
        }

        if (Logging.ExtraSaves.FirstOrDefault(step => step > Steps) is var beyond and > 0)
        {
            throw NoEffect($"step {beyond} would never be saved: the run ends at step {Steps}. Choose a smaller rewind= or more steps=.");
        }

        var rate = Optimizer.LearningRate is LearningRateSchedule.WarmUp warmUp ? warmUp.Schedule : Optimizer.LearningRate;
        if (rate is LearningRateSchedule.Steps { Boundaries: [.., var last] } && last >= Steps)
        {
            throw NoEffect($"the drop of its learning rate at step {last} would never come: the run ends at step {Steps}. Choose more steps=, or another schedule.");
        }

        PlanException NoEffect(FormattableString reason) => new($"In '{FolderName}' {FormattableString.Invariant(reason)}");
    }

    private RunFacts FactsOf(Networks.Network network) =>
        new(network, Steps, Optimizer.LearningRate, Mask is MaskPlan.AllActive or MaskPlan.RandomMasks { Sparsity: 0 });

    private Networks.Network Built()
    {
        try
        {
            return Network.Build();
        }
        catch (UnregisteredNameException error)
        {
            throw new PlanException($"The plan cannot be read here: {ErrorText.Of(error)}", error);
        }
        catch (ArgumentException error)
        {
            throw new PlanException($"The plan's network cannot be built: {ErrorText.Of(error)}", error);
        }
    }

    private static void Require(bool condition, string expected, object? found)
    {
        if (!condition)
        {
            throw new PlanException(FormattableString.Invariant($"The plan needs {expected}, found {found}."));
        }
    }

    private static void RequireSparsity(double sparsity) => Require(sparsity is >= 0 and < 1, "a sparsity in [0, 1)", sparsity);

    private void ValidateMask()
    {
        switch (Mask)
        {
            case MaskPlan.RandomMasks random:
                RequireSparsity(random.Sparsity);
                break;
            case MaskPlan.AtInitialization pruned:
                RequireSparsity(pruned.Sparsity);
                Require(pruned.Rounds >= 1, "pruning rounds of 1 or more", pruned.Rounds);
                Require(pruned.Examples is { First: >= 0, Count: >= 1 }, "pruning examples from 0 on, at least 1", pruned.Examples);
                Require(Weights is WeightPlan.Initialized, "freshly initialized weights when pruning at initialization", "weights of another run");
                break;
        }
    }

    /// <summary>Plans are equal when their hashes are.</summary>
    public bool Equals(TrainingPlan? other) => other is not null && other.Hash == Hash;

    /// <inheritdoc/>
    public override int GetHashCode() => Hash.GetHashCode(StringComparison.Ordinal);
}
