using System.Collections.Concurrent;
using System.ComponentModel;
using Microsoft.SemanticKernel;

namespace SemanticKernelPlugin;

/// <summary>A warehouse that models may ask and reserve in: the tools <c>warehouse_stock</c> and <c>warehouse_reserve</c>.</summary>
internal sealed class WarehousePlugin
{
    private readonly ConcurrentDictionary<string, int> _stock = new(StringComparer.OrdinalIgnoreCase) { ["bolts"] = 400, ["nuts"] = 120, ["gears"] = 7 };

    [KernelFunction("stock"), Description("Tells how many pieces of an item are there.")]
    public int Stock([Description("The item: bolts, nuts or gears.")] string item) =>
        _stock.TryGetValue(item, out var count) ? count : throw new KernelException($"There is no item '{item}'. There are: {string.Join(", ", _stock.Keys.Order())}.");

    [KernelFunction("reserve"), Description("Reserves pieces of an item, and tells how many are left.")]
    public int Reserve([Description("The item: bolts, nuts or gears.")] string item, [Description("How many pieces.")] int count)
    {
        while (true)
        {
            var there = Stock(item);
            if (count < 1 || count > there)
            {
                throw new KernelException($"Between 1 and {there} pieces of {item} can be reserved.");
            }

            if (_stock.TryUpdate(item, there - count, there))
            {
                return there - count;
            }
        }
    }
}
