/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lists with the layout of FreeRTOS' List_t (FreeRTOS-Kernel V11 include/list.h). */
#ifndef FIRMWARE_RTOS_LIST_H
#define FIRMWARE_RTOS_LIST_H

#include <stdint.h>

#ifdef INTEGRITY
#define CHECK(name) uint32_t name;
#else
#define CHECK(name)
#endif

typedef struct xLIST_ITEM {
	CHECK(check1)
	uint32_t xItemValue;
	struct xLIST_ITEM *pxNext, *pxPrevious;
	void *pvOwner;
	struct xLIST *pxContainer;
	CHECK(check2)
} ListItem_t;

typedef struct xMINI_LIST_ITEM {
	CHECK(check1)
	uint32_t xItemValue;
	struct xLIST_ITEM *pxNext, *pxPrevious;
} MiniListItem_t;

typedef struct xLIST {
	CHECK(check1)
	volatile uint32_t uxNumberOfItems;
	ListItem_t *pxIndex;
	MiniListItem_t xListEnd;
	CHECK(check2)
} List_t;

static inline void list_init(List_t *list)
{
	ListItem_t *end = (ListItem_t *)&list->xListEnd;

#ifdef INTEGRITY
	list->check1 = list->check2 = list->xListEnd.check1 = 0x5a5a5a5a;
#endif
	list->uxNumberOfItems = 0;
	list->pxIndex = end;
	list->xListEnd.xItemValue = 0xffffffff;
	list->xListEnd.pxNext = list->xListEnd.pxPrevious = end;
}

static inline void item_init(ListItem_t *item, void *owner)
{
#ifdef INTEGRITY
	item->check1 = item->check2 = 0x5a5a5a5a;
#endif
	item->pvOwner = owner;
	item->pxContainer = 0;
}

static inline void list_put_before(List_t *list, ListItem_t *next, ListItem_t *item)
{
	item->pxNext = next;
	item->pxPrevious = next->pxPrevious;
	next->pxPrevious->pxNext = item;
	next->pxPrevious = item;
	item->pxContainer = list;
	list->uxNumberOfItems++;
}

static inline void list_append(List_t *list, ListItem_t *item)
{
	list_put_before(list, list->pxIndex, item);
}

/* In the order of the values. */
static inline void list_insert(List_t *list, ListItem_t *item)
{
	ListItem_t *next = list->xListEnd.pxNext;

	while (next != (ListItem_t *)&list->xListEnd && next->xItemValue <= item->xItemValue)
		next = next->pxNext;
	list_put_before(list, next, item);
}

static inline void list_remove(ListItem_t *item)
{
	List_t *list = item->pxContainer;

	item->pxNext->pxPrevious = item->pxPrevious;
	item->pxPrevious->pxNext = item->pxNext;
	if (list->pxIndex == item)
		list->pxIndex = item->pxPrevious;
	item->pxContainer = 0;
	list->uxNumberOfItems--;
}

/* In turn, past the end marker. */
static inline void *list_next_owner(List_t *list)
{
	list->pxIndex = list->pxIndex->pxNext;
	if (list->pxIndex == (ListItem_t *)&list->xListEnd)
		list->pxIndex = list->pxIndex->pxNext;
	return list->pxIndex->pvOwner;
}

#endif
