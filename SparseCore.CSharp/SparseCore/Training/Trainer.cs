using SparseCore.Connectivity;
using SparseCore.Data;
using SparseCore.Engine;
using SparseCore.Measurement;
using SparseCore.Parameters;
using SparseCore.Plans;

namespace SparseCore.Training;

/// <summary>
/// The training loop. At every moment g (g steps done) things happen in one order: mask updates that follow a step (<see cref="UpdateTiming.AfterStep"/>: dynamic
/// sparse training), checkpoint g, log g, mask updates that precede a step (<see cref="UpdateTiming.BeforeStep"/>: gradual pruning), then step g. A run that is
/// stopped and resumed from any checkpoint is bit for bit the run that was never stopped.
/// </summary>
public sealed class Trainer
{
    /// <summary>Name of the gradient's mean in the state's memory.</summary>
    internal const string GradientMeanName = "gradient-mean";

    private const float GradientMeanDecay = 0.9f;

    /// <summary>Steps after which the loss is read at the latest, where reading it costs a wait.</summary>
    private const int LossInterval = 100;

    private readonly TrainingPlan plan;
    private readonly Dataset train;
    private readonly Dataset test;
    private readonly TrainingState state;
    private readonly ITrainingSink sink;
    private readonly IEngineFactory engines;
    private readonly IMaskUpdater updater;
    private readonly GrowthSignal signal;
    private readonly ParameterBlock gradient;
    private readonly int[] gradientExamples;
    private int[] batch;
    private int[] nextBatch;
    private (int Step, double Norm) lastNorm = (-1, 0);
    private TrainingTotals totals;
    private (long Sparse, long Dense) inferenceFlops;
    private string? densities;
    private int savedStep;

    /// <summary>Prepares a run from a state: step 0 or a checkpoint.</summary>
    /// <param name="plan">What to do.</param>
    /// <param name="train">Training examples.</param>
    /// <param name="test">Test examples.</param>
    /// <param name="state">Where to start; changed in place while the run goes on.</param>
    /// <param name="sink">Receives metrics and checkpoints.</param>
    /// <param name="engines">Makes engines.</param>
    /// <exception cref="PlanException">The plan does not fit the data, or names a growth score that is not registered.</exception>
    public Trainer(
        TrainingPlan plan, Dataset train, Dataset test, TrainingState state, ITrainingSink sink, IEngineFactory engines)
    {
        this.plan = plan;
        this.train = train;
        this.test = test;
        this.state = state;
        this.sink = sink;
        this.engines = engines;
        RequireExamples(plan.Logging.GradientExamples, "gradient norms");
        gradientExamples = plan.Logging.GradientExamples.Indices();
        gradient = new ParameterBlock(state.Network);
        batch = new int[plan.BatchSize];
        nextBatch = new int[plan.BatchSize];
        if (train.HasViews && (long)plan.Steps * plan.BatchSize > int.MaxValue)
        {
            throw new PlanException($"{plan.Steps} steps of {plan.BatchSize} would show more than {int.MaxValue} views of images; plan fewer steps.");
        }

        updater = plan.Connectivity;
        if (state.Step == 0 && updater.Mistake(new RunFacts(state.Network, plan.Steps, plan.Optimizer.LearningRate, state.Masks.IsFull)) is { } mistake)
        {
            throw new PlanException(FormattableString.Invariant($"'{plan.FolderName}' needs {mistake.Expected}, found {mistake.Found}."));
        }

        if (updater.SignalExamples is { } examples)
        {
            RequireExamples(examples, "growth");
        }

        try
        {
            signal = updater.Signal;
        }
        catch (UnregisteredNameException error)
        {
            throw new PlanException($"'{plan.FolderName}' cannot be trained here: {ErrorText.Of(error)}", error);
        }
    }

    /// <summary>Trains to the end of the plan.</summary>
    /// <param name="resumed">The totals up to the state's step when it was read from a checkpoint, whose saving is then not repeated; null at the start.</param>
    /// <param name="cancellation">Stops between two steps, and hands the state there to <see cref="ITrainingSink.Stop"/>.</param>
    /// <exception cref="TrainingException">The loss is not a number, or a network without mask growth has no path from input to output.</exception>
    /// <exception cref="OperationCanceledException">The run was stopped; it goes on from where it was.</exception>
    public void Run(TrainingTotals? resumed, CancellationToken cancellation)
    {
        totals = resumed ?? default;
        savedStep = state.Step;
        inferenceFlops = (Flops.Inference(state.Masks), Flops.Inference(MaskSet.Full(state.Network)));
        using var engine = engines.Create(state.Network, state.Masks, plan.BatchSize);
        engine.Load(state.Parameters, state.Momentum);
        if (resumed is null)
        {
            LogConnectivity();
            Save(engine);
        }
        else if (!plan.Saves(state.Step))
        {
            densities = LayerDensities.DescribeUnusual(state.Masks, null); // was said before the run was stopped
        }

        var order = new BatchOrder(plan.OrderSeed, train);
        Announce(order, state.Step, batch);
        while (true)
        {
            if (cancellation.IsCancellationRequested && state.Step < plan.Steps)
            {
                Stop(engine);
                cancellation.ThrowIfCancellationRequested();
            }

            if (plan.Logs(state.Step))
            {
                Log(engine);
            }

            if (state.Step == plan.Steps)
            {
                break;
            }

            UpdateMasks(engine, UpdateTiming.BeforeStep);
            Announce(order, state.Step + 1, nextBatch);
            TrackGradientMean(engine);
            Step(engine);
            UpdateMasks(engine, UpdateTiming.AfterStep);
            (batch, nextBatch) = (nextBatch, batch);
            if (plan.Saves(state.Step))
            {
                Save(engine);
            }

            sink.Advance(state.Step);
        }

        engine.Store(state.Parameters, state.Momentum);
    }

    /// <summary>Fills the batch of a step, where the plan has it; data that is decoded from files is decoded from then on.</summary>
    private void Announce(BatchOrder order, int step, int[] examples)
    {
        if (step < plan.Steps)
        {
            order.Fill((long)step * plan.BatchSize, examples);
            train.Prefetch(examples);
        }
    }

    private void Save(IEngine engine)
    {
        engine.Store(state.Parameters, state.Momentum);
        sink.Metric(TrainingTotals.FlopsMetric, state.Step, totals.TrainFlops);
        sink.Save(state);
        savedStep = state.Step;
    }

    /// <summary>Keeps what was done since the last saving: the moment is that of a checkpoint, before the step's log, so that going on gives the same bits.</summary>
    private void Stop(IEngine engine)
    {
        if (savedStep != state.Step)
        {
            engine.Store(state.Parameters, state.Momentum);
            sink.Stop(state, totals);
        }
    }

    private void Step(IEngine engine)
    {
        var sgd = plan.Sgd(state.Step);
        engine.TrainingStep(train, batch, sgd);
        if (engines.Identity.ReadsLossFreely || NeedsLoss(state.Step + 1))
        {
            RequireFiniteLoss(engine, sgd.LearningRate);
        }

        state.Step++;
        CountFlops(signal == GrowthSignal.GradientMean ? DenseGradientFlops : Flops.TrainingStep(inferenceFlops.Sparse), batch.Length);
    }

    /// <summary>Whether what follows a step must not follow one that diverged; and every 100 steps, so that no run goes on for long that has.</summary>
    private bool NeedsLoss(int step) => step % LossInterval == 0 || plan.Logs(step) || plan.Saves(step) || updater.IsUpdate(step);

    private void RequireFiniteLoss(IEngine engine, float learningRate)
    {
        var loss = engine.ReadLoss();
        if (float.IsFinite(loss))
        {
            return;
        }

        var layer = engine.FindNonFiniteLayer();
        throw new TrainingException(
            FormattableString.Invariant($"The loss is {loss} at step {state.Step}{(layer is null ? string.Empty : $"; the first layer that is not finite is '{layer}'")}. ")
            + FormattableString.Invariant($"The learning rate there is {learningRate}: try a smaller one. Checkpoints saved before are kept."));
    }

    private long DenseGradientFlops => Flops.DenseGradientStep(inferenceFlops.Sparse, inferenceFlops.Dense);

    private void CountFlops(long flopsOfAnExample, int examples) =>
        totals = totals with { TrainFlops = totals.TrainFlops + ((double)flopsOfAnExample * examples) };

    private void Log(IEngine engine)
    {
        var step = state.Step;
        sink.Metric("learning_rate", step, plan.Optimizer.LearningRate.At(step));
        sink.Metric("active_weights", step, state.Masks.ActiveCount);
        sink.Metric("gradient_norm", step, GradientNorm(engine));
        if (!plan.Evaluates(step))
        {
            return;
        }

        var result = engine.Evaluate(test, 0, test.Count);
        totals = totals with { BestTestAccuracy = Math.Max(totals.BestTestAccuracy, result.Accuracy) };
        sink.Metric("test_loss", step, result.Loss);
        sink.Metric(TrainingTotals.AccuracyMetric, step, result.Accuracy);
        if (step == plan.Steps)
        {
            var sample = SpreadDataset.Of(train, plan.Logging.TrainExamples);
            var training = engine.Evaluate(sample, 0, sample.Count);
            sink.Metric("train_loss", step, training.Loss);
            sink.Metric("train_accuracy", step, training.Accuracy);
            sink.Metric("best_test_accuracy", step, totals.BestTestAccuracy);
            sink.Metric("inference_flops", step, inferenceFlops.Sparse);
            sink.Metric("model_bytes", step, ModelSize.Bytes(state.Masks));
        }
    }

    private double GradientNorm(IEngine engine)
    {
        if (lastNorm.Step != state.Step)
        {
            lastNorm = (state.Step, GradientFlow.Measure(engine, train, gradientExamples, gradient).Norm);
        }

        return lastNorm.Norm;
    }

    /// <summary>The mask update of this side of the moment, where there is one; with its measurements where masks may grow.</summary>
    private void UpdateMasks(IEngine engine, UpdateTiming side)
    {
        if (updater.Timing != side || !updater.IsUpdate(state.Step))
        {
            return;
        }

        var before = updater.MasksGrow ? GradientNorm(engine) : 0;
        if (ExchangeOnDevice(engine, before))
        {
            return;
        }

        engine.Store(state.Parameters, state.Momentum);
        var previous = state.Masks;
        var rows = new List<(string Metric, double Value)>();
        var update = updater.Update(new MaskUpdateContext(
            state.Step,
            state.Masks,
            state.Parameters,
            Signal(engine),
            plan.Optimizer.LearningRate,
            state.Memory,
            (metric, value) => rows.Add((metric, value)),
            WarnOfUpdate));
        if (!updater.MasksGrow && update.Masks.Equals(previous))
        {
            return; // pruning that removes nothing leaves no trace
        }

        Adopt(engine, update);
        if (updater.MasksGrow)
        {
            LogUpdate(engine, before, previous);
        }

        foreach (var (metric, value) in rows)
        {
            sink.Metric(metric, state.Step, value);
        }

        LogConnectivity();
    }

    private void WarnOfUpdate(string sentence) => sink.Warn(state.Step, $"In '{plan.FolderName}' {sentence}");

    /// <summary>The update where the engine's numbers are, if the engine and the updater know how; parameters stay there until they are saved.</summary>
    private bool ExchangeOnDevice(IEngine engine, double before)
    {
        if (engine is not IWeightExchange exchange || updater.DropsByGradient(state.Step, state.Masks, plan.Optimizer.LearningRate, WarnOfUpdate) is not { } drops)
        {
            return false;
        }

        var previous = state.Masks;
        var examples = updater.SignalExamples?.Indices() ?? batch;
        state.Masks = exchange.ExchangeByGradient(train, examples, (float)plan.Optimizer.L2, drops);
        CountFlops(DenseGradientFlops, examples.Length);
        inferenceFlops.Sparse = Flops.Inference(state.Masks);
        LogUpdate(engine, before, previous);
        LogConnectivity();
        return true;
    }

    /// <summary>What an update did, and the weights explored so far.</summary>
    private void LogUpdate(IEngine engine, double before, MaskSet previous)
    {
        var masks = state.Masks;
        state.Explored = new MaskSet(state.Network, [.. Enumerable.Range(0, masks.Count).Select(layer => state.Explored[layer].Union(masks[layer]))]);
        lastNorm = (-1, 0);
        sink.Metric("gradient_norm_before", state.Step, before);
        sink.Metric("gradient_norm_after", state.Step, GradientNorm(engine));
        var kept = Enumerable.Range(0, masks.Count).Sum(layer => previous[layer].Intersect(masks[layer]).ActiveCount);
        sink.Metric("mask_churn", state.Step, 1 - ((double)kept / masks.ActiveCount));
        sink.Metric("explored", state.Step, state.Explored.ActiveCount / (double)state.Network.Layers.Sum(layer => (long)layer.WeightCount));
    }

    /// <summary>What the update has to see, see <see cref="MaskUpdateContext.Signal"/>.</summary>
    private ParameterBlock Signal(IEngine engine)
    {
        switch (signal)
        {
            case GrowthSignal.Gradient:
                var examples = updater.SignalExamples?.Indices() ?? batch;
                engine.Gradient(train, examples, GradientScope.Dense, gradient);
                CountFlops(DenseGradientFlops, examples.Length);
                AddL2(gradient);
                return gradient;
            case GrowthSignal.GradientMean:
                return state.Memory[GradientMeanName];
            default:
                Array.Clear(gradient.Values);
                return gradient;
        }
    }

    private void TrackGradientMean(IEngine engine)
    {
        if (signal != GrowthSignal.GradientMean)
        {
            return;
        }

        engine.Gradient(train, batch, GradientScope.Dense, gradient);
        engine.Store(state.Parameters, state.Momentum);
        AddL2(gradient);
        if (!state.Memory.TryGetValue(GradientMeanName, out var block))
        {
            state.Memory[GradientMeanName] = block = new ParameterBlock(state.Network);
        }

        var mean = block.Values;
        for (var index = 0; index < mean.Length; index++)
        {
            mean[index] = (GradientMeanDecay * mean[index]) + ((1 - GradientMeanDecay) * gradient.Values[index]);
        }
    }

    private void AddL2(ParameterBlock block)
    {
        var factor = 2 * (float)plan.Optimizer.L2;
        for (var layer = 0; layer < state.Network.Layers.Count; layer++)
        {
            var weights = state.Parameters.Weights(layer);
            var target = block.Weights(layer);
            for (var index = 0; index < weights.Length; index++)
            {
                target[index] += factor * weights[index];
            }
        }
    }

    /// <summary>Weights and momentum that the new masks exclude become 0; those that appear start at 0 because excluded ones are 0.</summary>
    private void Adopt(IEngine engine, MaskUpdate update)
    {
        if (update.Kept is { } kept)
        {
            state.Parameters.Apply(kept);
            state.Momentum.Apply(kept);
        }

        if (update.ResetsMomentum)
        {
            Array.Clear(state.Momentum.Values);
        }

        state.Masks = update.Masks;
        state.Parameters.Apply(update.Masks);
        state.Momentum.Apply(update.Masks);
        engine.Rebuild(update.Masks);
        engine.Load(state.Parameters, state.Momentum);
        inferenceFlops.Sparse = Flops.Inference(update.Masks);
    }

    private void LogConnectivity()
    {
        WarnOfDensities();
        var health = ConnectivityHealth.Measure(state.Masks);
        sink.Metric("effective_active_weights", state.Step, health.EffectiveActiveCount);
        sink.Metric("dead_neurons", state.Step, health.DeadNeurons);
        if (health.CutLayer is not { } layer)
        {
            return;
        }

        var message = $"no path leads from the input to the output any more: layer '{layer}' is cut off at step {state.Step}.";
        if (updater.MasksGrow)
        {
            sink.Warn(state.Step, $"In '{plan.FolderName}' {message}");
        }
        else
        {
            throw new TrainingException($"The network cannot learn: {message} Choose a lower sparsity or another allocation.");
        }
    }

    /// <summary>Says which layers are empty, or far from the density that was asked for; again only when that has changed.</summary>
    private void WarnOfDensities()
    {
        var asked = state.Step == 0 && plan.Mask is MaskPlan.AtInitialization pruned ? 1 - pruned.Sparsity : (double?)null;
        var sentence = LayerDensities.DescribeUnusual(state.Masks, asked);
        if (sentence is not null && sentence != densities)
        {
            sink.Warn(state.Step, $"In '{plan.FolderName}', at step {state.Step}: {sentence}");
        }

        densities = sentence;
    }

    private void RequireExamples(ExampleRange range, string purpose)
    {
        if (range.Last >= train.Count)
        {
            throw new PlanException(
                $"The plan measures {purpose} on training examples {range.First} to {range.Last}, but the data has {train.Count}.");
        }
    }
}
