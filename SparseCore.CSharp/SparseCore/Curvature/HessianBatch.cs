using System.Runtime.InteropServices;
using SparseCore.Curvature.Tangents;

namespace SparseCore.Curvature;

/// <summary>
/// What one batch of examples adds to a Hessian. First every direction is pushed to the outputs; then each is taken together with itself and all after it, and what
/// their rows have in common is added to the matrix's lower triangle. A pair of directions has entries of its own, so that directions can be taken side by side.
/// </summary>
internal sealed class HessianBatch
{
    private const int Lanes = LaneMap.Lanes;

    private readonly TangentNetwork network;
    private readonly Direction[] directions;
    private readonly bool gaussNewton;
    private readonly double[,] matrix;
    private readonly float[][] outputs;

    /// <summary>Prepares for batches.</summary>
    /// <param name="network">The network, whose batches are computed elsewhere.</param>
    /// <param name="directions">All directions, in the layers' order.</param>
    /// <param name="gaussNewton">Whether the second derivatives of the network's outputs are left out.</param>
    /// <param name="matrix">Whose lower triangle is added to. Shape [rows, rows].</param>
    public HessianBatch(TangentNetwork network, Direction[] directions, bool gaussNewton, double[,] matrix)
    {
        this.network = network;
        this.directions = directions;
        this.gaussNewton = gaussNewton;
        this.matrix = matrix;
        outputs = [.. directions.Select(_ => new float[network.Classes * Lanes])];
    }

    /// <summary>All directions.</summary>
    public IReadOnlyList<Direction> Directions => directions;

    /// <summary>Computes how fast the outputs change along a direction.</summary>
    public void Push(Worker worker, int index)
    {
        Tangents(worker, directions[index]);
        var last = worker.Tangents[^1];
        last.FillDead();
        for (var label = 0; label < network.Classes; label++)
        {
            last[label].CopyTo(outputs[index].AsSpan(label * Lanes, Lanes));
        }
    }

    /// <summary>Adds what a direction has in common with itself and with those after it.</summary>
    public void Add(Worker worker, int index)
    {
        var direction = directions[index];
        Tangents(worker, direction);
        SetGradientChange(worker, outputs[index]);
        var lefts = worker.Lefts(direction.Rows.Length);
        for (var row = 0; row < direction.Rows.Length; row++)
        {
            var lanes = lefts.Slice(row * Lanes, Lanes);
            if (direction.Reads[row] is >= 0 and var read)
            {
                network.Values[direction.Layer.Sources[0]][read].CopyTo(lanes);
            }
            else
            {
                lanes.Fill(1);
            }
        }

        for (var other = index; other < directions.Length; other++)
        {
            var partner = directions[other];
            var rights = worker.Rights(partner.Rows.Length);
            SetRights(worker, direction, partner, outputs[other], rights);
            var sums = worker.Sums(direction.Rows.Length * partner.Rows.Length);
            if (direction.Rows.Length == 1 && direction.Reads[0] < 0)
            {
                for (var place = 0; place < partner.Rows.Length; place++)
                {
                    sums[place] = PairSums.Sum(rights.Slice(place * Lanes, Lanes));
                }
            }
            else
            {
                PairSums.Compute(lefts, rights, sums);
            }

            AddToMatrix(direction.Rows, partner.Rows, sums, isSame: other == index);
        }
    }

    private void Tangents(Worker worker, Direction direction)
    {
        direction.Seed(network.Values, worker.Tangents);
        network.Push(worker.Tangents, direction.Layer.Target, worker.Terms);
    }

    /// <summary>A times the outputs' change: how fast the derivatives by the outputs change. A u = p (u - p . u).</summary>
    private void SetGradientChange(Worker worker, ReadOnlySpan<float> change)
    {
        var mean = worker.Mean.AsSpan();
        mean.Clear();
        for (var label = 0; label < network.Classes; label++)
        {
            LaneMath.AddProduct(network.Probabilities[label], change.Slice(label * Lanes, Lanes), mean);
        }

        for (var label = 0; label < network.Classes; label++)
        {
            var target = worker.GradientChange.AsSpan(label * Lanes, Lanes);
            change.Slice(label * Lanes, Lanes).CopyTo(target);
            LaneMath.Add(mean, -1, target);
            LaneMath.Multiply(network.Probabilities[label], target, target);
        }
    }

    /// <summary>
    /// For every row of the partner the change of its derivative along the direction: for a weight that is read by unit i and written to unit o, with u the change along
    /// the direction and d the derivative by a unit, (u of d at o) times i's value, and d at o times (u at i).
    /// </summary>
    private void SetRights(Worker worker, Direction direction, Direction partner, ReadOnlySpan<float> change, Span<float> rights)
    {
        var common = worker.Common.AsSpan();
        common.Clear();
        for (var label = 0; label < network.Classes; label++)
        {
            LaneMath.AddProduct(worker.GradientChange.AsSpan(label * Lanes, Lanes), change.Slice(label * Lanes, Lanes), common);
        }

        var source = partner.Layer.Sources[0];
        var isCoupled = !gaussNewton && network.Follows(source, direction.Layer.Target);
        var tangents = worker.Tangents[source];
        var adjoints = network.Adjoints[partner.Layer.Target];
        for (var row = 0; row < partner.Rows.Length; row++)
        {
            var target = rights.Slice(row * Lanes, Lanes);
            var read = partner.Reads[row];
            if (read < 0)
            {
                common.CopyTo(target);
                for (var position = 0; isCoupled && partner.Weight >= 0 && position < partner.Layer.Positions; position++)
                {
                    if (partner.Layer.Read(partner.Weight, position) is >= 0 and var unit && tangents.IsLive(unit))
                    {
                        LaneMath.AddProduct(adjoints[(partner.Output * partner.Layer.Positions) + position], tangents[unit], target);
                    }
                }
            }
            else
            {
                LaneMath.Multiply(common, network.Values[source][read], target);
                if (isCoupled && tangents.IsLive(read))
                {
                    LaneMath.AddProduct(adjoints[partner.Output], tangents[read], target);
                }
            }
        }
    }

    private void AddToMatrix(int[] lefts, int[] rights, ReadOnlySpan<float> sums, bool isSame)
    {
        var rows = matrix.GetLength(0);
        var values = MemoryMarshal.CreateSpan(ref matrix[0, 0], matrix.Length);
        for (var left = 0; left < lefts.Length; left++)
        {
            for (var right = isSame ? left : 0; right < rights.Length; right++)
            {
                var (row, column) = lefts[left] > rights[right] ? (lefts[left], rights[right]) : (rights[right], lefts[left]);
                values[(row * rows) + column] += sums[(left * rights.Length) + right];
            }
        }
    }

    /// <summary>The memory of one thread.</summary>
    internal sealed class Worker(HessianBatch batch)
    {
        private readonly float[] lefts = new float[Longest(batch) * Lanes];
        private readonly float[] rights = new float[Longest(batch) * Lanes];
        private readonly float[] sums = new float[Longest(batch) * Longest(batch)];

        public LaneMap[] Tangents { get; } = batch.network.NewMaps();

        public TermList Terms { get; } = new();

        public float[] GradientChange { get; } = new float[batch.network.Classes * Lanes];

        public float[] Mean { get; } = new float[Lanes];

        public float[] Common { get; } = new float[Lanes];

        public Span<float> Lefts(int count) => lefts.AsSpan(0, count * Lanes);

        public Span<float> Rights(int count) => rights.AsSpan(0, count * Lanes);

        public Span<float> Sums(int count) => sums.AsSpan(0, count);

        private static int Longest(HessianBatch batch) => batch.directions.Max(direction => direction.Rows.Length);
    }
}
